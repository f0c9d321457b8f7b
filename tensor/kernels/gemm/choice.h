// Who multiplies matrices: OpenBLAS, or the library itself (own.h). All rules stand in choice.cpp, and follow from
// shapes, from the CPU and from what the user asks for: never from a measurement, nor from the number of threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gibbs/tensor/bits.h"
#include "gibbs/tensor/kernels/gemm_options.h"

namespace gibbs::kernels {

/// What the rules look at besides the shape.
struct GemmSituation {
  Gemm asked = Gemm::automatic;  // set_gemm, or the environment variable GIBBS_GEMM
  Bits bits = Bits::machine;
  bool has_openblas = true;
  std::string_view core;      // the kernels that OpenBLAS uses
  int core_vector_bytes = 0;  // of their vectors; 0: not known
  int own_vector_bytes = 0;   // of this library's

  static GemmSituation now();
};

/// Throws if OpenBLAS is asked for where bits are to be portable.
void check_gemm(const GemmSituation& situation);
/// Who computes every product, or Gemm::automatic where the shape decides.
Gemm gemm_in_use(const GemmSituation& situation);

/// For a whole product op(a) [m, k] op(b) [k, n], however it is cut: Gemm::openblas or Gemm::own.
Gemm choose_gemm(const GemmSituation& situation, Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k);
Gemm choose_gemm(Transposed transposed, std::int64_t m, std::int64_t n, std::int64_t k);

/// "own: OpenBLAS' kernels for Prescott use vectors of 16 bytes, this library 64", for example.
std::string describe_gemm(const GemmSituation& situation);

}  // namespace gibbs::kernels
