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
  using Label = LabelAsWideAs<T>;

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

  /// Whether they follow from class indices, and each row is 0 but for own(), at its class.
  bool one_hot() const {
    return dense_ == nullptr && std::all_of(other_, other_ + classes_, [](T x) { return x == 0; });
  }
  /// Whether they follow from class indices, and are 0 whatever these are.
  bool zero() const {
    return one_hot() && std::all_of(own_, own_ + classes_, [](T x) { return x == 0; });
  }
  /// y [L]: own() in rows of these classes.
  template <int L, bool spread>
  void own(const SoftmaxGroup<T, L, spread>& group, const Label* label, T* y) const {
    if (own_are_alike_) {
      lanes<L>(y) = repeated<L>(own_[0]);
    } else {
      look_up(group, own_, label, y);
    }
  }

  /// y [L] = x [K] at these classes.
  template <int L, bool spread>
  static void look_up(const SoftmaxGroup<T, L, spread>& group, const T* x, const Label* label, T* y) {
    if (spread) {
      lanes<L>(y) = repeated<L>(x[label[0]]);
    } else {
      choose(group, label, y, [x](std::int64_t k) { return repeated<L>(x[k]); });
    }
  }

  /// y [L]: what x [steps, L] holds for each row at its class.
  template <int L, bool spread>
  static void at_class(const SoftmaxGroup<T, L, spread>& group, const T* x, const Label* label, T* y) {
    if (spread) {
      lanes<L>(y) = repeated<L>(x[label[0]]);
    } else {
      choose(group, label, y, [x](std::int64_t k) { return lanes<L>(x + k * L); });
    }
  }

  /// The classes [L] of the group's rows. For class indices.
  template <int L, bool spread>
  void labels(const SoftmaxGroup<T, L, spread>& group, Label* y) const {
    const std::int64_t* from = y_ + group.first;
    if (group.rows == L) {
      constexpr int kStep = kSums<L>;
      convert<L, kStep>([from](int i) { return lanes<kStep>(from + i); }, y);
      return;
    }
    for (std::int64_t i = 0; i < L; ++i) {
      y[i] = static_cast<Label>(from[std::min(i, group.rows - 1)]);
    }
  }

  /// The group's rows, laid out as its own, into y [steps, L] with room(). Where there is no class, they are 0.
  template <int L, bool spread>
  void read(const SoftmaxGroup<T, L, spread>& group, T* y) const {
    if (spread) {
      read_spread(group, y);
      return;
    }
    if (dense_ != nullptr) {
      const std::int64_t first = group.first * classes_;
      transpose_rows<L>(dense_ + first, group.rows, classes_, rows_ * classes_ - first, y);
      return;
    }
    Label label[L];
    labels(group, label);
    for (std::int64_t k = 0; k < classes_; ++k) {
      const auto own = repeated<L>(own_[k]), other = repeated<L>(other_[k]);
      lanes<L>(y + k * L) = lanes<L>(label) == repeated<L>(static_cast<Label>(k)) ? own : other;
    }
  }

 private:
  template <int L, bool spread>
  void read_spread(const SoftmaxGroup<T, L, spread>& group, T* y) const {
    const T* from = dense_ != nullptr ? dense_ + group.first * classes_ : other_;
    std::fill(std::copy_n(from, classes_, y), y + group.steps * L, T{0});
    if (dense_ == nullptr) {
      const std::int64_t label = y_[group.first];
      y[label] = own_[label];
    }
  }

  /// y [L] = of(k) where a row's class is k, lane by lane: looking it up takes longer, and so does reading as one
  /// vector what was written number by number.
  template <int L, bool spread, class Of>
  static void choose(const SoftmaxGroup<T, L, spread>& group, const Label* label, T* y, Of of) {
    using V = Lanes<T, L>;
    const std::int64_t classes = group.classes;
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
