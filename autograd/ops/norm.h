// Normalisation (tensor/kernels/norm.h says of what): batch, layer, group and instance norm and RMSNorm are these two.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/norm.h"

namespace gibbs {

/// What x's numbers are normalised by, `kernels::moments(x, geometry, centered)`, and how. They follow x: the gradient
/// goes through them, too.
struct NormOptions {
  kernels::NormGeometry geometry;
  double epsilon;
  bool centered = true;
  kernels::Activation activation = kernels::Activation::identity;
};

/// n = (x - mean) / sqrt(var + epsilon), y = f(n scale + shift), with the activation f; scale and shift [channels],
/// undefined: 1 and 0. With d = dy f'(n scale + shift): dshift = sum d, dscale = sum d n; and with g = d scale:
/// dx = (g - mean g - n mean(g n)) / sqrt(var + epsilon).
/// Not centered: mean = 0, var is the mean square, and the term mean g is not there.
/// `moments` are kernels::moments of x: given, since who normalises wants to know them as well.
Variable normalize(const Variable& x, const Variable& scale, const Variable& shift, const kernels::Moments& moments,
                   const NormOptions& options);

/// The same by moments that are constants, those of other numbers.   dx = g / sqrt(var + epsilon).
Variable normalize_by(const Variable& x, const Variable& scale, const Variable& shift, const kernels::Moments& moments,
                      const NormOptions& options);

}  // namespace gibbs
