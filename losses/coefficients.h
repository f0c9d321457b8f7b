// The coefficients c = w p that a row of a loss multiplies its classes with, read by kernels a block of rows at a time.
//
// Class indices never become a [N, K] array of ones and zeros: their rows are written where the kernel needs them, in
// the cache, with the same bits that the one-hot rows would have.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/target.h"

namespace gibbs::losses {

/// Rows of [M, K] in the dtype T: read from an array, or written on the spot from class indices.
template <class T>
class CoefficientRows {
 public:
  explicit CoefficientRows(const Coefficients& source) : classes_(source.classes) {
    if (source.dense.defined()) {
      dense_ = source.dense.value().template data<T>();
    } else {
      y_ = source.indices.value().template data<std::int64_t>();
      other_ = source.other.template data<T>();
      own_ = source.own.template data<T>();
    }
  }

  /// Rows first ... first + rows - 1, one after the other; `buffer` has room for them.
  const T* read(std::int64_t first, std::int64_t rows, T* buffer) const {
    if (dense_ != nullptr) {
      return dense_ + first * classes_;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      T* row = buffer + r * classes_;
      std::copy_n(other_, classes_, row);
      row[y_[first + r]] = own_[y_[first + r]];
    }
    return buffer;
  }

 private:
  std::int64_t classes_;
  const T *dense_ = nullptr, *other_ = nullptr, *own_ = nullptr;
  const std::int64_t* y_ = nullptr;
};

}  // namespace gibbs::losses
