// The coefficients of rows, read a group of rows at a time: from an array, or written from class indices where the
// kernel needs them, in the cache, with the same bits that their one-hot rows would have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "gibbs/tensor/kernels/rows/coefficients.h"
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

namespace gibbs::kernels::rows {

/// Rows of [M, K] in the dtype T: read from an array, or written on the spot from class indices.
template <class T>
class CoefficientRows {
 public:
  explicit CoefficientRows(const Coefficients& source)
      : classes_(source.dense.defined() ? source.dense.size(1) : source.own.numel()) {
    if (source.dense.defined()) {
      dense_ = source.dense.template data<T>();
      rows_ = source.dense.size(0);
    } else {
      y_ = source.indices.template data<std::int64_t>();
      other_ = source.other.template data<T>();
      own_ = source.own.template data<T>();
      own_are_alike_ = std::all_of(own_, own_ + classes_, [this](T x) { return x == own_[0]; });
    }
  }

  /// A class as wide as T, so that rows are compared lane by lane.
  using Label = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

  /// Whether they follow from class indices, and each row is 0 but for own(), at its class.
  bool one_hot() const {
    return dense_ == nullptr && std::all_of(other_, other_ + classes_, [](T x) { return x == 0; });
  }
  /// Whether they follow from class indices, and are 0 whatever these are.
  bool zero() const {
    return one_hot() && std::all_of(own_, own_ + classes_, [](T x) { return x == 0; });
  }
  /// y [L]: own() in rows of these classes.
  template <int L>
  void own(const Label* label, T* y) const {
    if (own_are_alike_) {
      lanes<L>(y) = repeated<L>(own_[0]);
    } else {
      look_up<L>(own_, classes_, label, y);
    }
  }

  /// y [L] = x [K] at these classes.
  template <int L>
  static void look_up(const T* x, std::int64_t classes, const Label* label, T* y) {
    choose<L>(classes, label, y, [x](std::int64_t k) { return repeated<L>(x[k]); });
  }

  /// y [L]: what x [K, L] holds for each row at its class.
  template <int L>
  void at_class(const T* x, const Label* label, T* y) const {
    choose<L>(classes_, label, y, [x](std::int64_t k) { return lanes<L>(x + k * L); });
  }

  /// The classes [L] of rows first ... first + rows - 1, the last one repeated. For class indices.
  template <int L>
  void labels(std::int64_t first, std::int64_t rows, Label* y) const {
    if (rows == L) {
      constexpr int kStep = kSums<L>;
      convert<L, kStep>([from = y_ + first](int i) { return lanes<kStep>(from + i); }, y);
      return;
    }
    for (std::int64_t i = 0; i < L; ++i) {
      y[i] = static_cast<Label>(y_[first + std::min(i, rows - 1)]);
    }
  }

  /// Rows first ... first + rows - 1, transposed as in SoftmaxGroup, into y [K, L] with SoftmaxGroup::room().
  template <int L>
  void read(std::int64_t first, std::int64_t rows, T* y) const {
    if (dense_ != nullptr) {
      transpose_rows<L>(dense_ + first * classes_, rows, classes_, rows_ * classes_ - first * classes_, y);
      return;
    }
    Label label[L];
    labels<L>(first, rows, label);
    for (std::int64_t k = 0; k < classes_; ++k) {
      const auto own = repeated<L>(own_[k]), other = repeated<L>(other_[k]);
      lanes<L>(y + k * L) = lanes<L>(label) == repeated<L>(static_cast<Label>(k)) ? own : other;
    }
  }

 private:
  /// y [L] = of(k) where a row's class is k, lane by lane: looking it up takes longer, and so does reading as one
  /// vector what was written number by number.
  template <int L, class Of>
  static void choose(std::int64_t classes, const Label* label, T* y, Of of) {
    using V = Lanes<T, L>;
    if constexpr (L == 1) {
      lanes<1>(y) = of(*label);
      return;
    }
    V even = {}, odd = {};  // a sum of two sums, which do not wait for each other
    const auto entry = [&](std::int64_t k) {
      return lanes<L>(label) == repeated<L>(static_cast<Label>(k)) ? of(k) : V{};
    };
    std::int64_t k = 0;
    for (; k + 1 < classes; k += 2) {
      even += entry(k);
      odd += entry(k + 1);
    }
    lanes<L>(y) = k < classes ? even + odd + entry(k) : even + odd;
  }

  std::int64_t rows_ = 0, classes_;
  const T *dense_ = nullptr, *other_ = nullptr, *own_ = nullptr;
  bool own_are_alike_ = false;
  const std::int64_t* y_ = nullptr;
};

}  // namespace gibbs::kernels::rows
