// Elementary functions, element by element.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// y = e^x.   dx = dy y.
Variable exp(const Variable& x);
/// y = e^x - 1, accurate near 0.   dx = dy e^x.
Variable expm1(const Variable& x);
/// y = ln x.   dx = dy / x.
Variable log(const Variable& x);
/// y = ln(1 + x), accurate near 0.   dx = dy / (1 + x).
Variable log1p(const Variable& x);
/// y = sqrt(x).   dx = dy / (2 y).
Variable sqrt(const Variable& x);
/// y = x^2.   dx = 2 x dy.
Variable square(const Variable& x);
/// y = sin x.   dx = dy cos x.
Variable sin(const Variable& x);
/// y = cos x.   dx = -dy sin x.
Variable cos(const Variable& x);
/// y = tanh x.   dx = dy / cosh^2 x, from x, since y has lost the digits of 1 - y^2 where that is small.
Variable tanh(const Variable& x);
/// y = 1 / (1 + e^-x).   dx = dy y (1 - y), where 1 - y is the sigmoid of -x, which keeps the digits that y has lost.
Variable sigmoid(const Variable& x);
/// y = 2/sqrt(pi) * integral from 0 to x of e^(-t^2).   dx = dy 2/sqrt(pi) e^(-x^2), off by x^2 ulp.
Variable erf(const Variable& x);
/// y = 1 - erf(x), with all its digits where that is small.   dx = -dy 2/sqrt(pi) e^(-x^2).
Variable erfc(const Variable& x);
/// y = max(x, 0); NaN stays NaN.   dx = dy where y > 0, else 0, at NaN, too.
Variable relu(const Variable& x);

}  // namespace gibbs
