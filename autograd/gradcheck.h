// Gradients checked against central differences, in float64. For ops of the library and for users' own.
//
// f maps Variables to one Variable of any shape. Its output is contracted with a fixed random cotangent v, and each
// element of the gradient of <f(x), v> is compared with (<f(x + h e), v> - <f(x - h e), v>) / 2h. Where the two differ,
// h is varied, and only a gradient that differs from the limit by more than that is uncertain is called wrong: what is
// right stays right where second derivatives jump (softsign or x |x| at 0) or f is curved strongly (differences.h). A
// check in which every gradient is zero proves nothing and is refused.
//
// At a kink (relu at 0, equal elements in max pooling) two-sided differences judge nothing, and neither do they where f
// ends (sqrt at 0). Such points are found, and the report says "kink at element 1 of input 0", or that differences do
// not settle there, never that the gradient is wrong: move the point.
#pragma once

#include <cstdint>
#include <string>

#include "gibbs/autograd/function.h"
#include "gibbs/autograd/variable.h"

namespace gibbs {

struct GradcheckOptions {
  double step = 1e-5;       // h, relative to max(1, |x|)
  double tolerance = 1e-7;  // on |gradient - derivative| / max(1, |derivative|)
  std::uint64_t seed = 1;   // of the cotangent
};

struct GradcheckReport {
  bool ok = false;
  double largest_error = 0;  // of the elements compared, which end with the first wrong one
  /// When not ok: which element of which input, and both values. A wrong gradient is told before a kink.
  std::string message;

  explicit operator bool() const { return ok; }
};

using DifferentiableFunction = MultivariateFunction;

/// First derivatives of f at `inputs` (float64 tensors).
GradcheckReport gradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// Second derivatives: gradcheck of (x, v) -> gradient of <f(x), v> with respect to x. The first derivative of a
/// function whose second derivative vanishes everywhere is still checked to depend on v.
GradcheckReport gradgradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace gibbs
