// Ops of arithmetic and selection. Two operands broadcast by NumPy's rule; the engine undoes it in gradients.
// At a kink (maximum of equal operands, abs at 0, clamp at its bounds) the convention stated at the op is used.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// y = a + b.   da = db = dy.
Variable add(const Variable& a, const Variable& b);
/// y = a - b.   da = dy, db = -dy.
Variable sub(const Variable& a, const Variable& b);
/// y = a b.   da = dy b, db = dy a.
Variable mul(const Variable& a, const Variable& b);
/// y = a / b.   da = dy / b, db = -dy y / b.
Variable div(const Variable& a, const Variable& b);
/// y = -x.   dx = -dy.
Variable neg(const Variable& x);
/// y = a^b for a > 0 (any a when b is a constant).   da = dy b a^(b-1), 0 for 0^0; db = dy y ln a, 0 where a < 0, where
/// y = 0, and for 0^0. a^(b-1) must be in range.
Variable pow(const Variable& a, const Variable& b);
/// y = x^exponent.   dx = dy exponent x^(exponent-1); 0 when the exponent is 0.
Variable pow(const Variable& x, double exponent);
/// The larger (smaller) of two, NaN beside NaN.   The gradient goes to it, be it NaN; equal operands get half each.
Variable maximum(const Variable& a, const Variable& b);
Variable minimum(const Variable& a, const Variable& b);
/// y = |x|.   dx = dy sign(x); 0 at 0, NaN at NaN.
Variable abs(const Variable& x);
/// x limited to [low, high]; NaN stays NaN.   dx = dy where low <= x <= high, else 0.
Variable clamp(const Variable& x, double low, double high);
/// a where condition (uint8) is not 0, else b.   Each gets dy where it was taken.
Variable where(const Tensor& condition, const Variable& a, const Variable& b);
/// y = ln(e^a + e^b).   da = dy sigmoid(a - b), db = dy sigmoid(b - a); halves where both are inf, 0 where both are
/// -inf.
Variable logaddexp(const Variable& a, const Variable& b);
/// x converted to float32 or float64.   dx = dy converted back.
Variable cast(const Variable& x, DType dtype);

// With a number, taken in x's dtype: beyond its range infinity, below it 0.
Variable add(const Variable& x, double number);
Variable mul(const Variable& x, double number);
Variable div(const Variable& x, double number);

inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator-(const Variable& x) { return neg(x); }
inline Variable operator+(const Variable& x, double number) { return add(x, number); }
inline Variable operator+(double number, const Variable& x) { return add(x, number); }
inline Variable operator-(const Variable& x, double number) { return add(x, -number); }
inline Variable operator-(double number, const Variable& x) { return add(neg(x), number); }
inline Variable operator*(const Variable& x, double number) { return mul(x, number); }
inline Variable operator*(double number, const Variable& x) { return mul(x, number); }
inline Variable operator/(const Variable& x, double number) { return div(x, number); }
inline Variable operator/(double number, const Variable& x) { return div(Tensor::full({}, number, x.dtype()), x); }

// x += y is x = x + y: a new node, and no number is written over. What was computed from x before keeps the old x.
inline Variable& operator+=(Variable& x, const Variable& y) { return x = x + y; }
inline Variable& operator-=(Variable& x, const Variable& y) { return x = x - y; }
inline Variable& operator*=(Variable& x, const Variable& y) { return x = x * y; }
inline Variable& operator/=(Variable& x, const Variable& y) { return x = x / y; }
inline Variable& operator+=(Variable& x, double number) { return x = x + number; }
inline Variable& operator-=(Variable& x, double number) { return x = x - number; }
inline Variable& operator*=(Variable& x, double number) { return x = x * number; }
inline Variable& operator/=(Variable& x, double number) { return x = x / number; }

// Comparisons with a number: uint8, 1 where they hold, for `where`. Nothing flows back through them; with NaN all are
// 0.
Tensor operator<(const Variable& x, double number);
Tensor operator<=(const Variable& x, double number);
Tensor operator>(const Variable& x, double number);
Tensor operator>=(const Variable& x, double number);

}  // namespace gibbs
