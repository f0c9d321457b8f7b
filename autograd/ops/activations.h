// Activations beside relu, sigmoid and tanh (math.h): one number in, one out. At +-inf they have their limits,
// and so have their derivatives. s(x) is the sigmoid, 1 / (1 + e^-x).
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/activation.h"

namespace gibbs {

/// y = x above 0, slope x elsewhere.   dx = dy, or slope dy. Maas, Hannun and Ng 2013.
Variable leaky_relu(const Variable& x, double slope);
/// The same with a slope that is trained: its shape broadcasts to x's.   dslope = sum of dy x where x < 0. He et al.
/// 2015.
Variable prelu(const Variable& x, const Variable& slope);
/// y = x above 0, alpha (e^x - 1) elsewhere.   dx = dy, or dy alpha e^x. Clevert, Unterthiner and Hochreiter 2016.
Variable elu(const Variable& x, double alpha);
/// 1.0507 elu(x, 1.6733): the numbers that keep mean 0 and variance 1 from layer to layer. Klambauer et al. 2017.
Variable selu(const Variable& x);
/// y = x above 0, alpha (e^(x / alpha) - 1) elsewhere: smooth at 0 for every alpha.   dx = dy, or dy e^(x / alpha).
/// Barron 2017.
Variable celu(const Variable& x, double alpha);
/// y = ln(1 + e^(beta x)) / beta.   dx = dy s(beta x).
Variable softplus(const Variable& x, double beta);
/// y = x / (1 + |x|).   dx = dy / (1 + |x|)^2.
Variable softsign(const Variable& x);
/// y = x s(x), also called swish.   dx = dy (s(x) + x s(x) s(-x)). Elfwing, Uchibe and Doya 2017.
Variable silu(const Variable& x);
/// y = x tanh(softplus(x)).   dx = dy (t + x (1 - t^2) s(x)) with t the hyperbolic tangent. Misra 2019.
Variable mish(const Variable& x);
/// y = x / 6 + 1/2, at least 0 and at most 1.   dx = dy / 6 between -3 and 3, else 0.
Variable hard_sigmoid(const Variable& x);
/// y = x hard_sigmoid(x).   dx = dy (x / 3 + 1/2) between -3 and 3, 0 below, dy above. Howard et al. 2019.
Variable hard_swish(const Variable& x);
/// y = x P(x), the exact form (Hendrycks and Gimpel 2016); P(x) = erfc(-x / sqrt 2) / 2 is the normal distribution's
/// cumulative function. Off by x^2 ulp for x < 0; 0 at -inf.   dx = dy (P(x) + x P'(x)): 0 at -inf, 1 at inf.
Variable gelu(const Variable& x);
/// gelu with tanh in place of erf: y = x/2 (1 + tanh u) = x s(2u), u = sqrt(2/pi) (x + 0.044715 x^3), at most 5e-4 off.
/// dx = dy (s(2u) + 2 x u' s(2u) s(-2u)). Hendrycks and Gimpel 2016.
Variable gelu_tanh(const Variable& x);
/// relu, gelu or silu, or x itself: by name, for ops that end in one.
Variable activate(const Variable& x, kernels::Activation activation);
/// y = f(a + b), of equal shapes: how a residual block ends.
Variable activated_sum(const Variable& a, const Variable& b, kernels::Activation activation);
/// y = a s(b), a and b the two halves of x along an axis. Dauphin et al. 2017.
Variable glu(const Variable& x, int axis = -1);

}  // namespace gibbs
