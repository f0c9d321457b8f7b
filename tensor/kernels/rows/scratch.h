// Working space of one group of rows.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/kernels/simd/lanes.h"

namespace gibbs::kernels::rows {

/// `size` numbers, not filled: on the stack where it is small, else recycled.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t size) {
    if (size > kOnStack) {
      heap_ = Buffer<T>(size);
    }
  }
  T* data() { return heap_.data() != nullptr ? heap_.data() : stack_; }

 private:
  static constexpr std::int64_t kOnStack = 1024;
  alignas(kVectorBytes) T stack_[kOnStack];  // NOLINT: filled before it is read
  Buffer<T> heap_;
};

}  // namespace gibbs::kernels::rows
