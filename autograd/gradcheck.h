// Gradients checked against central differences, in float64. For ops of the library and for users' own.
//
// f maps Variables to one Variable of any shape. Its output is contracted with a fixed random cotangent v, and each
// element of the gradient of <f(x), v> is compared with (<f(x + h e), v> - <f(x - h e), v>) / 2h. A check in which
// every gradient is zero proves nothing and is refused.
//
// At a kink (relu at 0, equal elements in max pooling) two-sided differences judge nothing. Such points are found, and
// the report says "kink at element 1 of input 0", never that the gradient is wrong: move the point.
#pragma once

#include <functional>
#include <string>

#include "gibbs/autograd/function.h"
#include "gibbs/autograd/variable.h"

namespace gibbs {

struct GradcheckOptions {
  double step = 1e-5;       // h, relative to max(1, |x|)
  double tolerance = 1e-6;  // on |analytic - numeric| / max(1, |numeric|)
  std::uint64_t seed = 1;   // of the cotangent
};

struct GradcheckReport {
  bool ok = false;
  double largest_error = 0;
  /// When not ok: which element of which input, and both values. A wrong gradient is told before a kink.
  std::string message;

  explicit operator bool() const { return ok; }
};

namespace detail {

/// What differences with step h tell of a function f of one number around t.
struct Differences {
  double central;       // (f(t + h) - f(t - h)) / 2h
  double below, above;  // (f(t) - f(t - h)) / h and (f(t + h) - f(t)) / h
  bool kink;            // `below` and `above` differ, and not by curvature
};

/// `value` is f(t). Curvature makes the one-sided differences differ by J(h) = h f'': half of it at half the step. A
/// kink within h of t leaves 2 J(h/2) - J(h) or 2 J(h/4) - J(h/2) where curvature leaves nothing. Where f'' jumps
/// (relu squared at 0), `central` is off by a multiple of h, which is taken out in the same way.
Differences differences(const std::function<double(double)>& f, double t, double value,
                        const GradcheckOptions& options);

/// Collects pairs of an analytic and a numeric derivative into a report: what every gradcheck ends with.
class GradientComparison {
 public:
  explicit GradientComparison(const GradcheckOptions& options) : options_(options) {}
  /// Element k of the gradient with respect to `input` ("input 0", "0.weight"), which has this shape.
  void add(const std::string& input, const Shape& shape, std::int64_t k, double analytic, const Differences& numeric);
  /// ok unless a pair differs, a point is a kink, or every derivative is zero.
  GradcheckReport report() const;

 private:
  GradcheckOptions options_;
  GradcheckReport report_;
  std::string kink_;  // the first one
  bool any_nonzero_ = false;
};

}  // namespace detail

using DifferentiableFunction = MultivariateFunction;

/// First derivatives of f at `inputs` (float64 tensors).
GradcheckReport gradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// Second derivatives: gradcheck of (x, v) -> gradient of <f(x), v> with respect to x. The first derivative of a
/// function whose second derivative vanishes everywhere is still checked to depend on v.
GradcheckReport gradgradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace gibbs
