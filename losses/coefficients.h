// The coefficients c = w p that a row of a loss multiplies its classes with, read by kernels a group of rows at a time.
//
// Class indices never become a [N, K] array of ones and zeros: their rows are written where the kernel needs them, in
// the cache, with the same bits that the one-hot rows would have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/softmax_groups.h"

namespace gibbs::losses {

/// Working space for one group, not filled: on the stack where it is small.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t size) {
    if (size > kOnStack) {
      heap_ = std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(size));
    }
  }
  T* data() { return heap_ ? heap_.get() : stack_; }

 private:
  static constexpr std::int64_t kOnStack = 1024;
  T stack_[kOnStack];  // NOLINT: filled before it is read
  std::unique_ptr<T[]> heap_;
};

/// Rows of [M, K] in the dtype T: read from an array, or written on the spot from class indices.
template <class T>
class CoefficientRows {
 public:
  explicit CoefficientRows(const Coefficients& source) : classes_(source.classes) {
    if (source.dense.defined()) {
      dense_ = source.dense.value().template data<T>();
      rows_ = source.dense.size(0);
    } else {
      y_ = source.indices.value().template data<std::int64_t>();
      other_ = source.other.template data<T>();
      own_ = source.own.template data<T>();
    }
  }

  /// Whether each row has one entry that is not 0: own()[y], at its class y.
  bool one_hot() const {
    return dense_ == nullptr && std::all_of(other_, other_ + classes_, [](T x) { return x == 0; });
  }
  const T* own() const { return own_; }

  /// A class as wide as T, so that rows are compared lane by lane.
  using Label = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  /// The classes [L] of rows first ... first + rows - 1, the last one repeated. For class indices.
  template <int L>
  void labels(std::int64_t first, std::int64_t rows, Label* y) const {
    for (std::int64_t i = 0; i < L; ++i) {
      y[i] = static_cast<Label>(y_[first + std::min(i, rows - 1)]);
    }
  }

  /// Rows first ... first + rows - 1, turned as in SoftmaxGroup, into y [K, L] with SoftmaxGroup::room().
  template <int L>
  void read(std::int64_t first, std::int64_t rows, T* y) const {
    if (dense_ != nullptr) {
      kernels::turn_rows<L>(dense_ + first * classes_, rows, classes_, rows_ * classes_ - first * classes_, y);
      return;
    }
    Label label[L];
    labels<L>(first, rows, label);
    for (std::int64_t k = 0; k < classes_; ++k) {
      const auto own = kernels::repeated<L>(own_[k]), other = kernels::repeated<L>(other_[k]);
      kernels::lanes<L>(y + k * L) =
          kernels::lanes<L>(label) == kernels::repeated<L>(static_cast<Label>(k)) ? own : other;
    }
  }

 private:
  std::int64_t rows_ = 0, classes_;
  const T *dense_ = nullptr, *other_ = nullptr, *own_ = nullptr;
  const std::int64_t* y_ = nullptr;
};

}  // namespace gibbs::losses
