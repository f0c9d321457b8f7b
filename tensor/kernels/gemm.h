// Matrix products: by OpenBLAS, or by the library's own kernel (gemm/own.h), whichever suits a product (gemm/choice.h).
//
// Both run single-threaded inside tiles that this file cuts itself, because OpenBLAS' own threading would make bits
// depend on the number of threads. A tile's height changes its sgemm's bits, so it depends on the shapes alone.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/activation.h"
#include "gibbs/tensor/kernels/gemm_options.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// [m, k] x [k, n] -> [m, n], and batched: [..., m, k] x [..., k, n] with broadcast leading axes.
Tensor matmul(const Tensor& a, const Tensor& b, Transposed transposed = {});

/// y = f(x w + bias) on rows: x [N, in], w [in, out], bias [out] or undefined.
Tensor dense(const Tensor& x, const Tensor& w, const Tensor& bias, Activation activation = Activation::identity);

/// c = op(a) op(b) + beta c on row-major matrices with leading dimensions; one thread. For kernels that cut tiles.
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda,
          const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const double* a, std::int64_t lda,
          const double* b, std::int64_t ldb, double beta, double* c, std::int64_t ldc);

}  // namespace gibbs::kernels
