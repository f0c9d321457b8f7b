// Working space of a piece of work. It is recycled like every storage, so that a piece costs no request to the system.
#pragma once

#include <cstdint>

#include "gibbs/tensor/storage.h"

namespace gibbs::kernels {

/// Room for numbers, not filled.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::int64_t elements) : storage_(static_cast<std::size_t>(elements) * sizeof(T)) {}
  T* data() const { return reinterpret_cast<T*>(storage_.bytes()); }

 private:
  Storage storage_;
};

}  // namespace gibbs::kernels
