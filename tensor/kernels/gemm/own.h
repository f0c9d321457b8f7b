// The library's own matrix product: c = op(a) op(b) + beta c on row-major matrices, by one thread.
//
// Every element of c is one chain of fused multiply-adds, in the order of k and of nothing else:
//   c_ij = fma(a_i,k-1, b_k-1,j, ... fma(a_i1, b_1j, fma(a_i0, b_0j, beta c_ij)))
// so its bits depend neither on how a product is cut, nor on threads, nor on the width of the machine's vectors. How it
// is fast all the same: docs/matrix_product.md.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/gemm_options.h"

namespace gibbs::kernels::own {

/// float and double.
template <class T>
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda,
          const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc);

}  // namespace gibbs::kernels::own
