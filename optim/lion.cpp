#include "gibbs/optim/lion.h"

#include "gibbs/optim/detail/elementwise.h"
#include "gibbs/optim/detail/options.h"

namespace gibbs::optim {
namespace {

template <class T>
struct LionUpdate {
  T beta1, new1, beta2, new2, keep, rate;

  void operator()(T& w, T g, T& m) const {
    const T direction = beta1 * m + new1 * g;
    const T not_below = direction > 0 ? T{1} : direction;  // one choice a line, or the loop does not become vectors
    const T sign = direction < 0 ? T{-1} : not_below;      // NaN stays NaN
    w = keep * w - rate * sign;
    m = beta2 * m + new2 * g;
  }
};

}  // namespace

Lion::Lion(const Groups& groups, const LionOptions& options)
    : Method("Lion", groups, options.learning_rate, options.weight_decay), options_(options) {
  detail::check_share("Lion", "beta1", options.beta1);
  detail::check_share("Lion", "beta2", options.beta2);
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    moments_.push_back(zeros_like_parameter(i));
  }
}

RunSettings Lion::settings() const {
  return detail::with(Optimizer::settings(),
                      {{"beta1", detail::setting(options_.beta1)}, {"beta2", detail::setting(options_.beta2)}});
}

void Lion::step_parameter(std::size_t i, Parameter& parameter) {
  const auto update = [&]<class T>(T) {
    return LionUpdate<T>{.beta1 = static_cast<T>(options_.beta1),
                         .new1 = static_cast<T>(1 - options_.beta1),
                         .beta2 = static_cast<T>(options_.beta2),
                         .new2 = static_cast<T>(1 - options_.beta2),
                         .keep = static_cast<T>(1 - rate(i) * weight_decay(i)),
                         .rate = static_cast<T>(rate(i))};
  };
  update_elements(name(), parameter, update, moments_[i]);
}

void Lion::visit_parameter_state(std::size_t i, const std::string& prefix, StateVisitor& visitor) {
  visitor.tensor(prefix + "first_moment", moments_[i]);
}

}  // namespace gibbs::optim
