// Pointwise kernels: one result element from one element of each operand.
//
// Two operands broadcast by NumPy's rule and must have equal dtypes. Maths is for float32 and float64; arithmetic,
// comparisons and selection work on every dtype. Integers wrap around on overflow and divide toward zero. Comparisons
// give uint8 (0 or 1). Whole-array exp, log, tanh, erf ... come from simd_math.h. None of these writes to its inputs.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

// ---- one operand ----
Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);
/// -1, 0 or 1; NaN stays NaN.
Tensor sign(const Tensor& x);
Tensor exp(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tanh(const Tensor& x);
/// 1 / (1 + exp(-x)), without overflow.
Tensor sigmoid(const Tensor& x);
/// ln of the sigmoid, which keeps its digits at both ends.
Tensor log_sigmoid(const Tensor& x);
Tensor erf(const Tensor& x);
/// 1 - erf(x), with all its digits where that is small.
Tensor erfc(const Tensor& x);
/// max(x, 0); NaN stays NaN.
Tensor relu(const Tensor& x);
/// x limited to [low, high]; NaN stays NaN.
Tensor clamp(const Tensor& x, double low, double high);
/// 1 where finite, 0 at infinities and NaN; uint8.
Tensor isfinite(const Tensor& x);
/// Every element converted, always as a copy. Float to integer truncates toward zero, saturates at the ends of the
/// integer's range, and makes 0 of NaN; int64 to uint8 keeps the low eight bits. float64 beyond float32's range becomes
/// infinity.
Tensor cast(const Tensor& x, DType dtype);

// ---- two operands, broadcast ----
Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
/// a / b. Integer division by zero is an error.
Tensor div(const Tensor& a, const Tensor& b);
/// a^b, float dtypes.
Tensor pow(const Tensor& a, const Tensor& b);
/// The larger (smaller) element; a NaN in either gives NaN.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// ln(e^a + e^b) without overflow; -inf where both are.
Tensor logaddexp(const Tensor& a, const Tensor& b);
Tensor equal(const Tensor& a, const Tensor& b);
/// equal, but NaN is the same as NaN: where the result of a maximum comes from.
Tensor same(const Tensor& a, const Tensor& b);
Tensor not_equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater_equal(const Tensor& a, const Tensor& b);

// ---- with a number, converted to x's dtype (beyond float32's range: infinity; below it: 0); one that an integer dtype
// cannot hold is an error ----
Tensor add(const Tensor& x, double number);
Tensor sub(const Tensor& x, double number);
Tensor sub(double number, const Tensor& x);
Tensor mul(const Tensor& x, double number);
Tensor div(const Tensor& x, double number);
Tensor div(double number, const Tensor& x);
Tensor pow(const Tensor& x, double exponent);
Tensor equal(const Tensor& x, double number);
Tensor greater(const Tensor& x, double number);
Tensor less(const Tensor& x, double number);
Tensor less_equal(const Tensor& x, double number);
Tensor greater_equal(const Tensor& x, double number);

// ---- three operands ----
/// a where condition (uint8) is not 0, else b; all three broadcast.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

// ---- fused, for a gradient that training computes at every step ----
/// dy where y > 0, else 0: the gradient of relu. Linear in dy, and its own adjoint.
Tensor relu_mask(const Tensor& dy, const Tensor& y);

}  // namespace gibbs::kernels

namespace gibbs {

inline Tensor operator+(const Tensor& a, const Tensor& b) { return kernels::add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return kernels::sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return kernels::mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return kernels::div(a, b); }
inline Tensor operator-(const Tensor& x) { return kernels::neg(x); }
inline Tensor operator+(const Tensor& x, double number) { return kernels::add(x, number); }
inline Tensor operator+(double number, const Tensor& x) { return kernels::add(x, number); }
inline Tensor operator-(const Tensor& x, double number) { return kernels::sub(x, number); }
inline Tensor operator-(double number, const Tensor& x) { return kernels::sub(number, x); }
inline Tensor operator*(const Tensor& x, double number) { return kernels::mul(x, number); }
inline Tensor operator*(double number, const Tensor& x) { return kernels::mul(x, number); }
inline Tensor operator/(const Tensor& x, double number) { return kernels::div(x, number); }
inline Tensor operator/(double number, const Tensor& x) { return kernels::div(number, x); }

}  // namespace gibbs
