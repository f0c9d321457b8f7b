// What a matrix product is asked for, and who computes it.
#pragma once

#include <string>

namespace gibbs::kernels {

/// Which operand is read transposed: c = op(a) op(b), with op(x) = x or x^T of the last two axes.
struct Transposed {
  bool a = false;
  bool b = false;
};

/// Who multiplies matrices. `automatic` chooses for every product by its shape and by what OpenBLAS makes of this CPU.
enum class Gemm { automatic, openblas, own };

/// For all products from now on; before the first call it is what the environment variable GIBBS_GEMM says, openblas or
/// own. Results differ in their last bits. Error: OpenBLAS, in a library that was built without it.
void set_gemm(Gemm gemm);

/// Who multiplies and why: "own: OpenBLAS' kernels for Prescott use vectors of 16 bytes, this library 64".
/// Error: GIBBS_GEMM is something else.
std::string gemm_description();

/// Gemm::own or Gemm::openblas where that one computes every product, Gemm::automatic where the shape decides.
Gemm gemm_in_use();

/// The kernels that OpenBLAS uses on this CPU, for example "SkylakeX"; empty without OpenBLAS.
std::string blas_core_name();

/// Bytes of the vectors that these kernels use; 0 where that is not known, and without OpenBLAS.
int blas_vector_bytes();

}  // namespace gibbs::kernels
