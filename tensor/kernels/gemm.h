// Matrix products, on OpenBLAS: the only file that knows cblas.
//
// OpenBLAS runs single-threaded inside tiles that this file cuts itself, because its own threading would make bits
// depend on the number of threads. A tile's height changes sgemm's bits, so it depends on the shapes alone.
#pragma once

#include <cstdint>
#include <string>

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// Which operand is read transposed: c = op(a) op(b), with op(x) = x or x^T of the last two axes.
struct Transposed {
  bool a = false;
  bool b = false;
};

/// [m, k] x [k, n] -> [m, n], and batched: [..., m, k] x [..., k, n] with broadcast leading axes.
Tensor matmul(const Tensor& a, const Tensor& b, Transposed transposed = {});

/// y = x w + bias on rows: x [N, in], w [in, out], bias [out] or undefined.
Tensor dense(const Tensor& x, const Tensor& w, const Tensor& bias);

/// c = op(a) op(b) + beta c on row-major matrices with leading dimensions; one thread. For kernels that cut tiles.
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda,
          const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const double* a, std::int64_t lda,
          const double* b, std::int64_t ldb, double beta, double* c, std::int64_t ldc);

/// The kernel set that OpenBLAS picked for this CPU, for example "SkylakeX".
std::string blas_core_name();

}  // namespace gibbs::kernels
