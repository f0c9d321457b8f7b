// The terms that information measures are sums of, element by element, total wherever a distribution can be: for p = 0,
// q = 0, denormal numbers, and numbers that differ in their last bit.
//
// One convention for every measure: p ln p is 0 at p = 0 and so is its derivative, whose limit is -inf. An array built
// of these terms therefore never has a NaN, nor an infinity that its value does not have.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs::losses {

/// Throws, in the name of `op`, unless a and b have equal shapes and equal floating dtypes; unless x is floating.
void check_terms(const char* op, const Variable& a, const Variable& b);
void check_terms(const char* op, const Variable& x);

/// x where condition (uint8) holds, else the number. Gradients flow to x only there.
Variable where_or(const Tensor& condition, const Variable& x, double number);

/// ln x where x > 0, else 0.   dx = dy / x, else 0.
Variable log_of_positive(const Variable& x);

/// ln(a / b) for a, b >= 0 of equal shapes and dtypes, not both 0, without overflow, and to the last digits where a is
/// near b; exactly 0 for a = b.   da = dy / a, db = -dy / b.
Variable log_ratio(const Variable& a, const Variable& b);

/// ln(p / q) safe to multiply with p: -ln q where p = 0, and 0 where both are 0.
Variable log_ratio_for_target(const Variable& p, const Variable& q);

/// p ln q for a target p: 0 where both are 0, -inf where only q is.
Variable plogq(const Variable& p, const Variable& q);

/// p ln(p / q): +inf where p > 0 = q. Exactly 0 where p = q.   dp = ln(p / q) + 1, dq = -p / q.
Variable relative_entropy_terms(const Variable& p, const Variable& q);

/// p ln(p / q) - p + q: at least 0, exactly 0 where p = q, q where p = 0, and correct in its leading digits however
/// near p and q are.   dp = ln(p / q), and -ln q - 1 at p = 0 (-1 where q is 0, too); dq = 1 - p / q.
Variable generalized_relative_entropy_terms(const Variable& p, const Variable& q);

/// (p - q) ln(p / q) = p ln(p / q) + q ln(q / p): at least 0, exactly 0 where p = q, +inf where only one of them is 0.
///   dp = ln(p / q) + (p - q) / p, dq = ln(q / p) + (q - p) / q, and 0 where both are 0.
Variable jeffreys_terms(const Variable& p, const Variable& q);

/// 1/2 (p ln(p / m) + q ln(q / m)), m = (p + q) / 2: at least 0, exactly 0 where p = q, correct in its leading digits
/// however near p and q are, and exactly symmetric. Shapes and dtypes are equal.   dp = ln(p / m) / 2 (0 at p = 0), dq
/// = ln(q / m) / 2.
///
/// With s = p + q and d = (p - q) / s it is s/4 [ln(1 - d^2) + d (ln(1 + d) - ln(1 - d))], in which nothing cancels for
/// small d: the two parts are -d^2 and 2 d^2.
Variable jensen_shannon_terms(const Variable& p, const Variable& q);

}  // namespace gibbs::losses
