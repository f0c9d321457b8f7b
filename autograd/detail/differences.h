// What every gradcheck is made of: the derivative of a function of one number by differences, and the comparison of
// such derivatives with gradients.
//
// With step h, c(h) = (f(t + h) - f(t - h)) / 2h is off by h^2 f'''/6, by a multiple of h where f'' jumps (softsign at
// 0), and by f's rounding over h. Where c(h) and the gradient differ, steps are halved: 2 c(h/2) - c(h) is free of the
// multiple of h. An extrapolation is off by about as much as it differs from the one before and as the two sides of t
// differ. Only a gradient that is off by more is wrong.
#pragma once

#include <functional>
#include <string>

#include "gibbs/autograd/gradcheck.h"

namespace gibbs::detail {

/// How much f differs from its value where the check is made (there it is 0), and how large the numbers are whose
/// difference this is: f's rounding is in proportion to them.
struct Moved {
  double by, magnitude;
};
using MovingFunction = std::function<Moved(double t)>;

/// What differences tell of a function f around t.
struct Differences {
  double derivative;    // c(h) where it agrees with the gradient, else the extrapolation with the smallest error
  double error;         // of the extrapolation, by its own estimate; infinite where f is not finite beside t
  double below, above;  // (f(t) - f(t - h)) / h and (f(t + h) - f(t)) / h
  bool kink;            // f' jumps within h of t
};

/// `gradient` is what f'(t) is said to be.
///
/// Curvature makes the slopes on both sides of t differ by J(h) = h f'': half of it at half the step. A kink within h
/// leaves 2 J(h/2) - J(h) or 2 J(h/4) - J(h/2) where curvature leaves nothing, and the largest bend near t stays as it
/// is in ever smaller neighbourhoods, where a jump of f'' leaves less and less.
Differences differences(const MovingFunction& f, double t, double gradient, const GradcheckOptions& options);

/// Collects pairs of a gradient and differences into a report: what every gradcheck ends with.
class GradientComparison {
 public:
  explicit GradientComparison(const GradcheckOptions& options) : options_(options) {}
  /// Element k of the gradient with respect to `input` ("input 0", "0.weight"), which has this shape.
  void add(const std::string& input, const Shape& shape, std::int64_t k, double gradient, const Differences& found);
  /// Whether a pair differs: the rest need not be looked at.
  bool failed() const { return !report_.message.empty(); }
  /// ok unless a pair differs, differences judge nothing at a point, or every derivative is zero.
  GradcheckReport report() const;

 private:
  GradcheckOptions options_;
  GradcheckReport report_;
  std::string unjudged_;  // the first such point
  bool any_nonzero_ = false;
};

}  // namespace gibbs::detail
