#include "gibbs/autograd/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/plain_text.h"
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

/// <f(x), v> without a tape.
double contracted(const DifferentiableFunction& f, const std::vector<Tensor>& inputs, std::uint64_t seed) {
  const NoTape no_tape;
  const Variable y = f(Variables(inputs.begin(), inputs.end()));
  return sum(y * random_cotangent(y.shape(), seed)).value().item();
}

/// Differences of <f(x), v> in inputs[which][element]; `value` is <f(x), v>.
detail::Differences differences_in(const DifferentiableFunction& f, std::vector<Tensor> inputs, std::size_t which,
                                   std::int64_t element, double value, const GradcheckOptions& options) {
  const Tensor input = inputs[which];
  const auto with_element = [&](double t) {
    inputs[which] = input.clone();
    inputs[which].mutable_data<double>()[element] = t;
    return contracted(f, inputs, options.seed);
  };
  return detail::differences(with_element, input.data<double>()[element], value, options);
}

}  // namespace

detail::Differences detail::differences(const std::function<double(double)>& f, double t, double value,
                                        const GradcheckOptions& options) {
  const auto with_step = [&](double step) {
    const double high = t + step, low = t - step;
    const double f_high = f(high), f_low = f(low);
    return Differences{.central = (f_high - f_low) / (high - low),
                       .below = (value - f_low) / (t - low),
                       .above = (f_high - value) / (high - t),
                       .kink = false};
  };
  constexpr double kRounding = 64 * std::numeric_limits<double>::epsilon(), kLeast = 1e-4;
  const double step = options.step * std::max(1.0, std::abs(t));
  Differences found = with_step(step);
  const double slope = std::max(std::abs(found.below), std::abs(found.above));
  const double least = std::max(options.tolerance, kLeast * slope) + kRounding * std::abs(value) / step;
  double before = found.above - found.below;
  for (int halvings = 1; halvings <= 2 && std::abs(found.above - found.below) > least; ++halvings) {
    const Differences nearer = with_step(std::ldexp(step, -halvings));
    const double now = nearer.above - nearer.below;
    if (halvings == 1) {
      found.central = 2 * nearer.central - found.central;
    }
    found.kink |= std::abs(2 * now - before) > least;
    before = now;
  }
  return found;
}

void detail::GradientComparison::add(const std::string& input, const Shape& shape, std::int64_t k, double analytic,
                                     const Differences& numeric) {
  any_nonzero_ |= std::abs(numeric.central) > options_.tolerance;
  PlainText message;
  message.precision(12);
  if (numeric.kink) {
    if (kink_.empty()) {
      message << "gradcheck: kink at element " << k << " of " << input << " of shape " << shape << ": the slope is "
              << numeric.below << " below and " << numeric.above << " above it, the gradient " << analytic
              << "; differences prove nothing there: move the point";
      kink_ = message.str();
    }
    return;
  }
  const double error = std::abs(analytic - numeric.central) / std::max(1.0, std::abs(numeric.central));
  report_.largest_error = std::isnan(error) ? error : std::max(report_.largest_error, error);
  if (!(error <= options_.tolerance) && report_.message.empty()) {
    message << "gradcheck: " << input << " of shape " << shape << ", element " << k << ": the gradient is " << analytic
            << ", central differences give " << numeric.central;
    report_.message = message.str();
  }
}

GradcheckReport detail::GradientComparison::report() const {
  GradcheckReport report = report_;
  if (report.message.empty()) {
    report.message = kink_;
  }
  if (report.message.empty() && !any_nonzero_) {
    report.message = "gradcheck: every gradient is zero, which proves nothing; choose inputs that matter to the result";
  }
  report.ok = report.message.empty();
  return report;
}

GradcheckReport gradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  check(!inputs.empty(), "gradcheck: needs at least one input");
  const Variables x = leaves_of(inputs);
  const Variable y = f(x);
  check(y.traced(), "gradcheck: the result does not depend on any input");
  const Variables gradients = grad(y, x, random_cotangent(y.shape(), options.seed), {.allow_unused = true});
  const double value = contracted(f, inputs, options.seed);

  detail::GradientComparison comparison(options);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<double> analytic = gradients[i].value().to_vector();
    for (std::int64_t k = 0; k < inputs[i].numel(); ++k) {
      comparison.add("input " + std::to_string(i), inputs[i].shape(), k, analytic[static_cast<std::size_t>(k)],
                     differences_in(f, inputs, i, k, value, options));
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
  // All first gradients, each contracted with its own fixed weights, as a function of x and of the cotangent v.
  const DifferentiableFunction first_gradient = [&f, count = inputs.size(), seed = options.seed](const Variables& in) {
    const TapeScope tape(true);
    Variables x(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count));
    for (Variable& input : x) {
      input = input.traced() ? input : Variable::leaf(input.value());
    }
    const Variable y = f(x);
    const Variables gradients = grad(y, x, in.back(), {.create_graph = true, .allow_unused = true});
    Variable total = Tensor::zeros({}, DType::float64);
    for (std::size_t i = 0; i < count; ++i) {
      total = total + sum(gradients[i] * random_cotangent(gradients[i].shape(), seed + 1 + i));
    }
    return total;
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
