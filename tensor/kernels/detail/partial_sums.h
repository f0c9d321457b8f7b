// Sums over a batch, shared out: slices of the batch give partial results side by side, added up in a fixed order.
// How many slices there are follows from sizes alone, so the bits do not depend on threads. Internal to the kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// Slices for a result of so many bytes: as many as fit 4 MB together, at most 32.
inline std::int64_t slices_for(std::int64_t result_bytes) {
  return std::clamp<std::int64_t>((std::int64_t{4} << 20) / std::max<std::int64_t>(result_bytes, 1), 1, 32);
}

/// Calls compute(sums), which writes [slices, size], and leaves the sum over slices in `result`.
template <class T, class Compute>
void sum_of_slices(std::int64_t slices, std::int64_t size, T* result, Compute compute) {
  if (slices == 1) {
    compute(result);
    return;
  }
  Tensor partials = Tensor::uninitialized({slices, size}, dtype_of<T>);
  T* sums = partials.mutable_data<T>();
  compute(sums);
  parallel_for(0, size, 1 << 13, [&](std::int64_t first, std::int64_t last) {
    std::copy(sums + first, sums + last, result + first);
    for (std::int64_t slice = 1; slice < slices; ++slice) {
      std::transform(result + first, result + last, sums + slice * size + first, result + first, std::plus<>());
    }
  });
}

}  // namespace gibbs::kernels
