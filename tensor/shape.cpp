#include "gibbs/tensor/shape.h"

#include <algorithm>
#include <ostream>

#include "gibbs/tensor/error.h"

namespace gibbs {

Shape::Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span<const std::int64_t>(sizes)) {}

Shape::Shape(std::span<const std::int64_t> sizes) : rank_(static_cast<int>(sizes.size())) {
  check(sizes.size() <= kMaxRank, "shape: at most ", kMaxRank, " axes, not ", sizes.size());
  for (int axis = 0; axis < rank_; ++axis) {
    set(axis, sizes[axis]);
  }
}

std::int64_t Shape::operator[](int axis) const { return sizes_[normalize_axis(axis, rank_, "shape")]; }

void Shape::set(int axis, std::int64_t size) {
  check(size >= 0, "shape: axis ", axis, " has negative size ", size);
  sizes_[normalize_axis(axis, rank_, "shape")] = size;
}

std::int64_t Shape::numel() const {
  constexpr std::int64_t kMost = std::int64_t{1} << 59;  // bytes of any dtype then fit an int64
  if (std::find(begin(), end(), 0) != end()) {
    return 0;
  }
  std::int64_t product = 1;
  for (std::int64_t size : *this) {
    check(product <= kMost / size, "shape: ", *this, " has more elements than any memory holds");
    product *= size;
  }
  return product;
}

Shape Shape::without(int axis) const {
  axis = normalize_axis(axis, rank_, "shape");
  return sub(0, axis).followed_by(sub(axis + 1, rank_));
}

Shape Shape::with_inserted(int axis, std::int64_t size) const {
  check(axis >= 0 && axis <= rank_, "shape: cannot insert before axis ", axis, " of ", *this);
  return sub(0, axis).followed_by({size}).followed_by(sub(axis, rank_));
}

Shape Shape::sub(int first, int last) const { return Shape(std::span(sizes_).subspan(first, last - first)); }

Shape Shape::followed_by(const Shape& tail) const {
  check(rank_ + tail.rank_ <= kMaxRank, "shape: at most ", kMaxRank, " axes, not ", rank_ + tail.rank_);
  Shape result = *this;
  result.rank_ += tail.rank_;
  std::copy(tail.begin(), tail.end(), result.sizes_.begin() + rank_);
  return result;
}

bool Shape::operator==(const Shape& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    text.append(axis ? ", " : "").append(std::to_string(shape[axis]));
  }
  return text + ']';
}

int normalize_axis(int axis, int rank, const char* op) {
  check(axis >= -rank && axis < rank, op, ": axis ", axis, " does not exist in ", rank, " axes");
  return axis < 0 ? axis + rank : axis;
}

std::array<bool, Shape::kMaxRank> axis_flags(const Axes& axes, int rank, const char* op) {
  std::array<bool, Shape::kMaxRank> flags{};
  if (axes.empty()) {
    std::fill_n(flags.begin(), rank, true);
  }
  for (int axis : axes) {
    bool& flag = flags[normalize_axis(axis, rank, op)];
    check(!flag, op, ": axis ", axis, " is given twice");
    flag = true;
  }
  return flags;
}

Shape reduced_shape(const Shape& shape, const Axes& axes, bool keepdim, const char* op) {
  const auto reduced = axis_flags(axes, shape.rank(), op);
  Shape result;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (!reduced[axis]) {
      result = result.followed_by({shape[axis]});
    } else if (keepdim) {
      result = result.followed_by({1});
    }
  }
  return result;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  for (int axis = -1; axis >= -shorter.rank(); --axis) {
    const std::int64_t m = longer[axis], n = shorter[axis];
    check(m == n || m == 1 || n == 1, op, ": shapes ", a, " and ", b, " do not broadcast: axis ", axis, " has ",
          a[axis], " and ", b[axis], "; sizes must be equal or 1");
    result.set(axis, m == 1 ? n : m);
  }
  return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) {
    return false;
  }
  for (int axis = -1; axis >= -from.rank(); --axis) {
    if (from[axis] != to[axis] && from[axis] != 1) {
      return false;
    }
  }
  return true;
}

}  // namespace gibbs
