// Copying a box of elements between two tensors, each with strides of its own. Every rearrangement in layout.h is one
// or more such copies: a slice has an offset, a step is a stride, broadcasting is a stride of 0, a transposition is
// strides in another order. It knows nothing of what the rearrangement means.
#pragma once

#include <array>

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// How far apart neighbours along each axis are, in elements.
using Strides = std::array<std::int64_t, Shape::kMaxRank>;
Strides row_major_strides(const Shape& shape);

/// Where a box lies in the elements of a tensor.
struct Box {
  std::int64_t offset = 0;
  Strides strides;
};

/// to[to_box.offset + i . to_box.strides] = from[from_box.offset + i . from_box.strides] for every index i of `sizes`.
/// Equal dtypes; the target places must be distinct. Parallel, over a partition that depends on the sizes alone.
void copy_box(const Shape& sizes, const Tensor& from, const Box& from_box, Tensor& to, const Box& to_box);

}  // namespace gibbs::kernels
