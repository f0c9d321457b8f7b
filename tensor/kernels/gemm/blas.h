// OpenBLAS: the matrix product of one thread, and the kernels it takes for this CPU. blas.cpp is the only file that
// knows cblas; the library is built without OpenBLAS, too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gibbs/tensor/kernels/gemm_options.h"

namespace gibbs::kernels::blas {

/// Whether this build of the library has it.
bool is_there();

/// c = op(a) op(b) + beta c, as OpenBLAS does it: bits depend on its kernels, and on how a product is cut.
template <class T>
void gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda,
          const T* b, std::int64_t ldb, T beta, T* c, std::int64_t ldc);

/// The kernels in use, "SkylakeX" for example; empty without OpenBLAS. The first call, of this or of gemm, chooses
/// them: OpenBLAS' own choice, unless it knows the CPU too little (see better_core), and always what OPENBLAS_CORETYPE
/// asks for.
std::string core_name();

/// Bytes of the vectors that the kernels of this name use; 0 for a name that is not known.
int vector_bytes(std::string_view core);

/// What a CPU can do that kernels need.
struct CpuFeatures {
  bool fma_avx2 = false, avx512 = false, avx512_bf16 = false;
  static CpuFeatures of_this_cpu();
};

/// The kernels for this CPU where they use wider vectors than `core`; else empty. An OpenBLAS that is older than a CPU
/// does not know it, and takes what every CPU can do, in silence.
std::string_view better_core(std::string_view core, const CpuFeatures& cpu);

}  // namespace gibbs::kernels::blas
