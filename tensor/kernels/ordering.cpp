#include "gibbs/tensor/kernels/ordering.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "gibbs/tensor/kernels/detail/axis_view.h"

namespace gibbs::kernels {
namespace {

/// a < b in the order of this file: NaN is above everything, and equal to itself.
template <class T>
bool below(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a < b || (b != b && a == a);
  } else {
    return a < b;
  }
}

/// Index of the first element that no other comes before.
template <class Before>
Tensor first_along(const char* op, const Tensor& x, int axis, bool keepdim, Before before) {
  check(x.defined(), op, ": the tensor is undefined");
  axis = normalize_axis(axis, x.rank(), op);
  check(x.size(axis) > 0, op, ": axis ", axis, " of ", x.shape(), " has no elements");
  Tensor result = Tensor::uninitialized(reduced_shape(x.shape(), {axis}, keepdim, op), DType::int64);
  auto* best = result.mutable_data<std::int64_t>();
  const AxisView view(x.shape(), axis);
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* elements = x.data<T>();
    view.for_each_block([&](std::int64_t o, std::int64_t first, std::int64_t last) {
      const T* slab = elements + view.at(o, 0);
      std::int64_t* winner = best + o * view.inner;
      std::fill(winner + first, winner + last, 0);
      for (std::int64_t i = 1; i < view.length; ++i) {
        for (std::int64_t k = first; k < last; ++k) {
          if (before(slab[i * view.inner + k], slab[winner[k] * view.inner + k])) {
            winner[k] = i;
          }
        }
      }
    });
  });
  return result;
}

/// An element with its place; places decide between equal elements, which makes any sort stable.
template <class T>
struct Entry {
  T value;
  std::int64_t index;
};

/// The first `count` along `axis` in ascending or descending order.
Sorted sorted_along(const Tensor& x, int axis, bool descending, std::int64_t count) {
  Shape shape = x.shape();
  shape.set(axis, count);
  Sorted result{Tensor::uninitialized(shape, x.dtype()), Tensor::uninitialized(shape, DType::int64)};
  const AxisView from(x.shape(), axis), to(shape, axis);
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* elements = x.data<T>();
    T* values = result.values.mutable_data<T>();
    auto* indices = result.indices.mutable_data<std::int64_t>();
    const auto before = [descending](const Entry<T>& a, const Entry<T>& b) {
      const bool less = below(a.value, b.value), greater = below(b.value, a.value);
      return less == greater ? a.index < b.index : less != descending;
    };
    from.for_each_block([&](std::int64_t o, std::int64_t first, std::int64_t last) {
      thread_local std::vector<Entry<T>> entries;  // one allocation per thread, not one per row
      entries.resize(static_cast<std::size_t>(from.length));
      for (std::int64_t k = first; k < last; ++k) {
        for (std::int64_t i = 0; i < from.length; ++i) {
          entries[static_cast<std::size_t>(i)] = {elements[from.at(o, i * from.inner + k)], i};
        }
        if (count == from.length) {
          std::sort(entries.begin(), entries.end(), before);
        } else {
          std::partial_sort(entries.begin(), entries.begin() + count, entries.end(), before);
        }
        for (std::int64_t i = 0; i < count; ++i) {
          const Entry<T>& entry = entries[static_cast<std::size_t>(i)];
          values[to.at(o, i * to.inner + k)] = entry.value;
          indices[to.at(o, i * to.inner + k)] = entry.index;
        }
      }
    });
  });
  return result;
}

}  // namespace

Tensor argmax(const Tensor& x, int axis, bool keepdim) {
  return first_along("argmax", x, axis, keepdim, [](auto a, auto b) { return below(b, a); });
}

Tensor argmin(const Tensor& x, int axis, bool keepdim) {
  return first_along("argmin", x, axis, keepdim, [](auto a, auto b) { return below(a, b); });
}

Sorted sort(const Tensor& x, int axis, bool descending) {
  check(x.defined(), "sort: the tensor is undefined");
  axis = normalize_axis(axis, x.rank(), "sort");
  return sorted_along(x, axis, descending, x.size(axis));
}

Sorted topk(const Tensor& x, std::int64_t k, int axis) {
  check(x.defined(), "topk: the tensor is undefined");
  axis = normalize_axis(axis, x.rank(), "topk");
  check(k >= 0 && k <= x.size(axis), "topk: k = ", k, " is not in [0, ", x.size(axis), "], the size of axis ", axis,
        " of ", x.shape());
  return sorted_along(x, axis, true, k);
}

}  // namespace gibbs::kernels
