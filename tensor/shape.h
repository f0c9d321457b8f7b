// Shape: the sizes of a tensor's axes, kept in place (no allocation), and the rules on shapes that ops share:
// NumPy's broadcasting, negative axes, reductions over axes.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace gibbs {

/// Axes to reduce over or to permute. In reductions an empty list means all axes; negative axes count from the end.
using Axes = std::vector<int>;

class Shape {
 public:
  static constexpr int kMaxRank = 8;

  /// The shape of a scalar: rank 0, one element.
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes);
  explicit Shape(std::span<const std::int64_t> sizes);

  int rank() const { return rank_; }
  /// Size of an axis, negative axes counting from the end. Throws when there is no such axis.
  std::int64_t operator[](int axis) const;
  void set(int axis, std::int64_t size);
  /// Number of elements: the product of all sizes, 1 for a scalar. Throws when no memory could hold them.
  std::int64_t numel() const;

  const std::int64_t* begin() const { return sizes_.data(); }
  const std::int64_t* end() const { return sizes_.data() + rank_; }

  /// Shape without `axis`, with `size` inserted before `axis`, and of the axes [first, last).
  Shape without(int axis) const;
  Shape with_inserted(int axis, std::int64_t size) const;
  Shape sub(int first, int last) const;
  /// All axes of this shape, then all of `tail`.
  Shape followed_by(const Shape& tail) const;

  bool operator==(const Shape& other) const;

 private:
  std::array<std::int64_t, kMaxRank> sizes_{};
  int rank_ = 0;
};

/// "[2, 3]"; a scalar is "[]".
std::ostream& operator<<(std::ostream& out, const Shape& shape);
std::string to_string(const Shape& shape);

/// axis in [0, rank), from an axis that may count from the end. The error names `op`.
int normalize_axis(int axis, int rank, const char* op);

/// The axes as one flag per axis; an empty list flags all. A repeated axis is an error that names `op`.
std::array<bool, Shape::kMaxRank> axis_flags(const Axes& axes, int rank, const char* op);

/// Shape after a reduction over `axes`: those axes become 1 (keepdim) or disappear.
Shape reduced_shape(const Shape& shape, const Axes& axes, bool keepdim, const char* op);

/// NumPy's rule: align at the right; sizes must be equal or one of them 1. The error names `op` and both shapes.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op);

/// True when `from` can be broadcast to exactly `to`.
bool broadcasts_to(const Shape& from, const Shape& to);

}  // namespace gibbs
