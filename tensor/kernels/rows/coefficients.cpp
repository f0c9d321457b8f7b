#include "gibbs/tensor/kernels/rows/coefficients.h"

namespace gibbs::kernels::rows {

LossesAndGradient::LossesAndGradient(const Tensor& z, const Tensor& dy, Output output)
    : losses(output == Output::each_row ? Tensor::uninitialized({z.size(0)}, z.dtype()) : Tensor()),
      dz(dy.defined() ? Tensor::uninitialized(z.shape(), z.dtype()) : Tensor()) {}

}  // namespace gibbs::kernels::rows
