#include "gibbs/optim/ema.h"

#include <algorithm>

#include "gibbs/optim/detail/options.h"

namespace gibbs::optim {

EMA::EMA(Optimizer& inner, const EMAOptions& options)
    : Average("EMA", inner,
              {{"decay", detail::setting(options.decay)},
               {"every", std::to_string(options.every)},
               {"warm_up", detail::setting(options.warm_up)}}),
      options_(options) {
  detail::check_share("EMA", "decay", options.decay);
  check(options.every >= 1, "EMA: every is ", options.every, "; it must be at least 1");
}

void EMA::learn(Parameter& parameter, Tensor& average) {
  if (steps() % options_.every != 0) {
    return;
  }
  const auto n = static_cast<double>(steps() / options_.every - 1);
  const double decay = options_.warm_up ? std::min(options_.decay, (1 + n) / (10 + n)) : options_.decay;
  if (n == 0) {
    average.copy_from(parameter.value());
  } else {
    move(average, parameter.value(), 1 - decay);
  }
}

}  // namespace gibbs::optim
