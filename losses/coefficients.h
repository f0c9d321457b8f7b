// The coefficients c = w p that a row of a loss multiplies its classes with, read by kernels a group of rows at a time.
//
// Class indices never become a [N, K] array of ones and zeros: their rows are written where the kernel needs them, in
// the cache, with the same bits that the one-hot rows would have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/softmax_groups.h"

namespace gibbs::losses {

/// Working space for one group: on the stack where it is small.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t size) {
    if (size > kOnStack) {
      heap_.resize(static_cast<std::size_t>(size));
    }
  }
  T* data() { return heap_.empty() ? stack_ : heap_.data(); }

 private:
  static constexpr std::int64_t kOnStack = 1024;
  T stack_[kOnStack];  // NOLINT: filled before it is read
  std::vector<T> heap_;
};

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

  /// Rows first ... first + rows - 1, turned as in SoftmaxGroup, into y [K, L].
  template <int L>
  void read(std::int64_t first, std::int64_t rows, T* y) const {
    if (dense_ != nullptr) {
      kernels::turn_rows<L>(dense_ + first * classes_, rows, classes_, y);
      return;
    }
    std::int32_t label[L];
    for (std::int64_t i = 0; i < L; ++i) {
      label[i] = static_cast<std::int32_t>(y_[first + std::min(i, rows - 1)]);
    }
    for (std::int64_t k = 0; k < classes_; ++k) {
      for (int i = 0; i < L; ++i) {
        y[k * L + i] = label[i] == static_cast<std::int32_t>(k) ? own_[k] : other_[k];
      }
    }
  }

  /// The same rows one after the other, y [rows, K].
  void copy(std::int64_t first, std::int64_t rows, T* y) const {
    if (dense_ != nullptr) {
      std::copy_n(dense_ + first * classes_, rows * classes_, y);
      return;
    }
    for (std::int64_t r = 0; r < rows; ++r, y += classes_) {
      std::copy_n(other_, classes_, y);
      y[y_[first + r]] = own_[y_[first + r]];
    }
  }

 private:
  std::int64_t classes_;
  const T *dense_ = nullptr, *other_ = nullptr, *own_ = nullptr;
  const std::int64_t* y_ = nullptr;
};

}  // namespace gibbs::losses
