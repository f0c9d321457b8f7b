// Matrix products.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/tensor/kernels/activation.h"
#include "gibbs/tensor/kernels/gemm.h"

namespace gibbs {

/// c = op(a) op(b), op(x) = x or its transpose; [..., m, k] x [..., k, n], leading axes broadcast.
/// Without flags: da = dc b^T, db = a^T dc; every gradient is a matmul with other flags.
Variable matmul(const Variable& a, const Variable& b, kernels::Transposed transposed = {});

/// y = x w + bias: x [N, in], w [in, out], bias [out] or undefined.   dx = dy w^T, dw = x^T dy, dbias = column sums of
/// dy.
/// With an activation f: y = f(x w + bias), in one op, but for those whose gradient needs more than y (conv2d.h).
Variable dense(const Variable& x, const Variable& w, const Variable& bias,
               kernels::Activation activation = kernels::Activation::identity);

}  // namespace gibbs
