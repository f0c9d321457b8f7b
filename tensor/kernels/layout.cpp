#include "gibbs/tensor/kernels/layout.h"

#include <algorithm>

#include "gibbs/tensor/kernels/detail/strided_copy.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kSmallPart = 1 << 15;  // parts below this many elements are joined several at a time

/// A slice with its defaults resolved: `count` entries begin, begin + step, ... of `axis`.
struct Slice {
  int axis;
  std::int64_t begin, count, step;
  Shape shape;  // of the sliced tensor

  static Slice of(const char* op, const Shape& from, int axis, std::int64_t begin, std::int64_t end,
                  std::int64_t step) {
    axis = normalize_axis(axis, from.rank(), op);
    const std::int64_t size = from[axis];
    const std::int64_t first = begin < 0 ? begin + size : begin, last = end < 0 ? end + size : end;
    check(0 <= first && first <= last && last <= size, op, ": [", begin, ", ", end, ") is outside axis ", axis, " of ",
          from, "; begin and end count from 0 to ", size, ", or from the end when negative");
    check(step >= 1, op, ": step must be positive, it is ", step);
    const std::int64_t count = first == last ? 0 : (last - first - 1) / step + 1;
    Shape shape = from;
    shape.set(axis, count);
    return {axis, first, count, step, shape};
  }

  /// Where the slice lies in the whole tensor.
  Box box(const Shape& whole) const {
    Box result{.strides = row_major_strides(whole)};
    result.offset = begin * result.strides[axis];
    if (count > 1) {
      result.strides[axis] *= step;
    }
    return result;
  }
};

Box whole(const Shape& shape) { return {.strides = row_major_strides(shape)}; }

/// The padded shape: inner sizes plus the pads.
Shape padded_shape(const char* op, const Shape& inner, const Padding& padding, int sign) {
  check(static_cast<int>(padding.size()) == inner.rank(), op, ": ", padding.size(), " (before, after) pairs for shape ",
        inner, "; give one per axis");
  Shape result = inner;
  for (int axis = 0; axis < inner.rank(); ++axis) {
    const auto [before, after] = padding[static_cast<std::size_t>(axis)];
    check(before >= 0 && after >= 0, op, ": padding (", before, ", ", after, ") of axis ", axis,
          " must not be negative; remove elements with slice");
    const std::int64_t size = inner[axis] + sign * (before + after);
    check(size >= 0, op, ": padding (", before, ", ", after, ") is more than axis ", axis, " of ", inner, " has");
    result.set(axis, size);
  }
  return result;
}

/// Where the inside lies in a padded tensor.
Box inside_box(const Shape& padded, const Padding& padding) {
  Box box = whole(padded);
  for (int axis = 0; axis < padded.rank(); ++axis) {
    box.offset += padding[static_cast<std::size_t>(axis)].first * box.strides[axis];
  }
  return box;
}

void check_defined(const char* op, const Tensor& x) { check(x.defined(), op, ": the tensor is undefined"); }

void check_parts(const char* op, std::span<const Tensor> parts) {
  check(!parts.empty(), op, ": needs at least one tensor");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    check(parts[i].defined(), op, ": tensor ", i, " is undefined");
    check(parts[i].dtype() == parts[0].dtype(), op, ": tensor ", i, " is ", parts[i].dtype(), ", tensor 0 is ",
          parts[0].dtype(), "; convert one with cast");
  }
}

/// Puts the parts one behind the other along `axis` of a result of `shape`. Each part fills sizes[axis] = its own.
Tensor join(std::span<const Tensor> parts, const std::vector<Shape>& sizes, const Shape& shape, int axis) {
  Tensor result = Tensor::uninitialized(shape, parts[0].dtype());
  const Strides strides = row_major_strides(shape);
  std::vector<std::int64_t> offsets{0};
  for (const Shape& size : sizes) {
    offsets.push_back(offsets.back() + size[axis] * strides[axis]);
  }
  const auto count = static_cast<std::int64_t>(parts.size());
  const auto place = [&](std::int64_t first, std::int64_t last) {
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
      copy_box(sizes[i], parts[i], whole(sizes[i]), result, {offsets[i], strides});
    }
  };
  // Many small parts are shared out among threads; a few large ones are each copied by all threads.
  const std::int64_t average = std::max<std::int64_t>(result.numel() / count, 1);
  if (average < kSmallPart) {
    parallel_for(0, count, kSmallPart / average, place);
  } else {
    place(0, count);
  }
  return result;
}

}  // namespace

Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  check_defined("slice", x);
  const Slice part = Slice::of("slice", x.shape(), axis, begin, end, step);
  Tensor result = Tensor::uninitialized(part.shape, x.dtype());
  copy_box(part.shape, x, part.box(x.shape()), result, whole(part.shape));
  return result;
}

Tensor unslice(const Tensor& x, const Shape& shape, int axis, std::int64_t begin, std::int64_t end, std::int64_t step) {
  check_defined("unslice", x);
  const Slice part = Slice::of("unslice", shape, axis, begin, end, step);
  check(x.shape() == part.shape, "unslice: the slice of ", shape, " has shape ", part.shape, ", not ", x.shape());
  Tensor result = Tensor::zeros(shape, x.dtype());
  copy_box(part.shape, x, whole(part.shape), result, part.box(shape));
  return result;
}

Tensor pad(const Tensor& x, const Padding& padding, double value) {
  check_defined("pad", x);
  const Shape shape = padded_shape("pad", x.shape(), padding, +1);
  Tensor result = Tensor::full(shape, value, x.dtype());
  copy_box(x.shape(), x, whole(x.shape()), result, inside_box(shape, padding));
  return result;
}

Tensor unpad(const Tensor& x, const Padding& padding) {
  check_defined("unpad", x);
  const Shape shape = padded_shape("unpad", x.shape(), padding, -1);
  Tensor result = Tensor::uninitialized(shape, x.dtype());
  copy_box(shape, x, inside_box(x.shape(), padding), result, whole(shape));
  return result;
}

Tensor concat(std::span<const Tensor> parts, int axis) {
  check_parts("concat", parts);
  axis = normalize_axis(axis, parts[0].rank(), "concat");
  Shape shape = parts[0].shape();
  std::vector<Shape> sizes;
  std::int64_t length = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Shape& part = parts[i].shape();
    check(part.rank() == shape.rank() && part.without(axis) == shape.without(axis), "concat: tensor ", i, " is ", part,
          ", tensor 0 is ", shape, "; all axes but axis ", axis, " must be equal");
    length += part[axis];
    sizes.push_back(part);
  }
  shape.set(axis, length);
  return join(parts, sizes, shape, axis);
}

Tensor stack(std::span<const Tensor> parts, int axis) {
  check_parts("stack", parts);
  const Shape& shape = parts[0].shape();
  axis = normalize_axis(axis, shape.rank() + 1, "stack");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    check(parts[i].shape() == shape, "stack: tensor ", i, " is ", parts[i].shape(), ", tensor 0 is ", shape,
          "; shapes must be equal");
  }
  const std::vector<Shape> sizes(parts.size(), shape.with_inserted(axis, 1));
  return join(parts, sizes, shape.with_inserted(axis, static_cast<std::int64_t>(parts.size())), axis);
}

Tensor permute_copy(const Tensor& x, const Axes& axes) {
  check_defined("permute_copy", x);
  check(static_cast<int>(axes.size()) == x.rank(), "permute_copy: ", axes.size(), " axes for shape ", x.shape(),
        "; name every axis once");
  axis_flags(axes, x.rank(), "permute_copy");
  const Strides x_strides = row_major_strides(x.shape());
  Shape shape = x.shape();
  Box box{.strides = x_strides};
  for (int k = 0; k < x.rank(); ++k) {
    const int axis = normalize_axis(axes[static_cast<std::size_t>(k)], x.rank(), "permute_copy");
    shape.set(k, x.size(axis));
    box.strides[k] = x_strides[axis];
  }
  Tensor result = Tensor::uninitialized(shape, x.dtype());
  copy_box(shape, x, box, result, whole(shape));
  return result;
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  check_defined("broadcast_to", x);
  check(broadcasts_to(x.shape(), shape), "broadcast_to: ", x.shape(), " does not broadcast to ", shape,
        "; align at the right: sizes must be equal, or 1 in the source");
  const Strides x_strides = row_major_strides(x.shape());
  Box box{.strides = {}};
  for (int axis = 1; axis <= x.rank(); ++axis) {
    box.strides[shape.rank() - axis] = x.size(-axis) == 1 ? 0 : x_strides[x.rank() - axis];
  }
  Tensor result = Tensor::uninitialized(shape, x.dtype());
  copy_box(shape, x, box, result, whole(shape));
  return result;
}

}  // namespace gibbs::kernels
