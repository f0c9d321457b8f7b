#include "gibbs/autograd/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gibbs/autograd/detail/differences.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/tensor/random.h"

namespace gibbs {
namespace {

/// Uniform in [0.5, 1.5): no cotangent near zero hides an element.
Tensor random_cotangent(const Shape& shape, std::uint64_t seed) {
  return kernels::uniform({.seed = seed}, shape, 0.5, 1.5, DType::float64);
}

Variables leaves_of(const std::vector<Tensor>& inputs) {
  Variables leaves;
  for (const Tensor& input : inputs) {
    check(input.dtype() == DType::float64, "gradcheck: inputs must be float64, not ", input.dtype(),
          ": differences of float32 prove nothing");
    leaves.push_back(Variable::leaf(input.clone()));
  }
  return leaves;
}

/// How much <f(x), v> differs from its value at `inputs`, without a tape. Elements of f(x) that do not change add no
/// rounding, since they are subtracted before the sum.
class Change {
 public:
  Change(const DifferentiableFunction& f, const std::vector<Tensor>& inputs, Tensor v)
      : f_(f), inputs_(inputs), v_(std::move(v)), y_(value_of(inputs)) {}

  /// Differences in element k of input i.
  detail::Differences differences(std::size_t i, std::int64_t k, double gradient,
                                  const GradcheckOptions& options) const {
    const auto with_element = [&](double t) {
      std::vector<Tensor> inputs = inputs_;
      inputs[i] = inputs_[i].clone();
      inputs[i].mutable_data<double>()[k] = t;
      return moved(value_of(inputs));
    };
    return detail::differences(with_element, inputs_[i].data<double>()[k], gradient, options);
  }

 private:
  detail::Moved moved(const Tensor& y) const {
    const auto *now = y.data<double>(), *before = y_.data<double>(), *v = v_.data<double>();
    detail::Moved total{0, 0};
    for (std::int64_t k = 0; k < y.numel(); ++k) {
      if (now[k] != before[k]) {
        total.by += (now[k] - before[k]) * v[k];
        total.magnitude = std::max({total.magnitude, std::abs(before[k] * v[k]), std::abs(now[k] * v[k])});
      }
    }
    return total;
  }

  Tensor value_of(const std::vector<Tensor>& inputs) const {
    const NoTape no_tape;
    return f_(Variables(inputs.begin(), inputs.end())).value();
  }

  const DifferentiableFunction& f_;
  const std::vector<Tensor>& inputs_;
  Tensor v_, y_;
};

}  // namespace

GradcheckReport gradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  check(!inputs.empty(), "gradcheck: needs at least one input");
  const Variables x = leaves_of(inputs);
  const Variable y = f(x);
  check(y.traced(), "gradcheck: the result does not depend on any input");
  const Tensor v = random_cotangent(y.shape(), options.seed);
  const Variables gradients = grad(y, x, v, {.allow_unused = true});

  const Change change(f, inputs, v);
  detail::GradientComparison comparison(options);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<double> gradient = gradients[i].value().to_vector();
    for (std::int64_t k = 0; k < inputs[i].numel() && !comparison.failed(); ++k) {
      const double element = gradient[static_cast<std::size_t>(k)];
      comparison.add("input " + std::to_string(i), inputs[i].shape(), k, element,
                     change.differences(i, k, element, options));
    }
  }
  return comparison.report();
}

GradcheckReport gradgradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  const Variable probe = [&] {
    const NoTape no_tape;
    return f(Variables(inputs.begin(), inputs.end()));
  }();
  // All first gradients, one behind the other, as a function of x and of the cotangent v.
  const DifferentiableFunction first_gradient = [&f, count = inputs.size()](const Variables& in) {
    const TapeScope tape(true);
    Variables x(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count));
    for (Variable& input : x) {
      input = input.traced() ? input : Variable::leaf(input.value());
    }
    const Variable y = f(x);
    Variables gradients = grad(y, x, in.back(), {.create_graph = true, .allow_unused = true});
    for (Variable& gradient : gradients) {
      gradient = reshape(gradient, {gradient.numel()});
    }
    return concat(gradients);
  };
  std::vector<Tensor> extended = inputs;
  extended.push_back(random_cotangent(probe.shape(), options.seed + 100));
  GradcheckReport report = gradcheck(first_gradient, extended, options);
  if (!report.ok) {
    report.message = "second derivative: " + report.message;
  }
  return report;
}

}  // namespace gibbs
