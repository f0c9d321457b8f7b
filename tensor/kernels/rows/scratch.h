// Working space of one group of rows.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/simd/lanes.h"
#include "gibbs/tensor/storage.h"

namespace gibbs::kernels::rows {

/// `size` numbers, not filled: on the stack where it is small, else recycled.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t size) {
    if (size > kOnStack) {
      heap_ = Storage(static_cast<std::size_t>(size) * sizeof(T));
    }
  }
  T* data() { return heap_.bytes() ? reinterpret_cast<T*>(heap_.bytes()) : stack_; }

 private:
  static constexpr std::int64_t kOnStack = 1024;
  alignas(kVectorBytes) T stack_[kOnStack];  // NOLINT: filled before it is read
  Storage heap_;
};

}  // namespace gibbs::kernels::rows
