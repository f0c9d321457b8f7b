// Checks of arguments that several losses take. `op` begins every error.
#pragma once

#include <cstdint>

#include "gibbs/tensor/tensor.h"

namespace gibbs::losses {

/// Throws unless s, the label smoothing, is in [0, 1].
void check_label_smoothing(const char* op, double s);

/// Throws unless gamma, the exponent of a focal loss, is finite and at least 0.
void check_gamma(const char* op, double gamma);

/// Throws unless alpha, the weight of yes where no has 1 - alpha, is in [0, 1].
void check_alpha(const char* op, double alpha);

/// Throws unless every entry of x [..., K] is finite and at least 0, naming its row and class. `what` names x.
void check_nonnegative(const char* op, const char* what, const Tensor& x);

/// The weights in dtype. Throws unless all of them, called `name` in errors, are finite and at least 0.
Tensor checked_weights(const char* op, const char* name, const Tensor& weights, DType dtype);

/// The weights of K classes in dtype, [K] or one number [].
Tensor checked_alpha(const char* op, const Tensor& alpha, std::int64_t classes, DType dtype);

/// One weight for each of the things that `shape` counts, in dtype; undefined if they are. Throws for another shape,
/// too.
Tensor checked_weights(const char* op, const char* name, const Tensor& weights, const Shape& shape, const char* things,
                       DType dtype);

}  // namespace gibbs::losses
