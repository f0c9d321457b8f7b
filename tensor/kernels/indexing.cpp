#include "gibbs/tensor/kernels/indexing.h"

#include <cstring>
#include <string>

#include "gibbs/tensor/kernels/detail/axis_view.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // elements of a piece of work

/// The index per axis of a row-major position.
Shape unravel(const Shape& shape, std::int64_t position) {
  Shape index = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index.set(axis, position % shape[axis]);
    position /= shape[axis];
  }
  return index;
}

/// Every index must be in [0, limit). Reports the first that is not, on any number of threads.
void check_indices(const char* op, const Tensor& index, std::int64_t limit, const std::string& range) {
  const auto* values = index.data<std::int64_t>();
  const std::int64_t count = index.numel();
  const std::int64_t bad = parallel_reduce(
      0, count, kGrain, count,
      [&](std::int64_t first, std::int64_t last) {
        const auto* found = std::find_if(values + first, values + last,
                                         [&](std::int64_t value) { return value < 0 || value >= limit; });
        return found == values + last ? count : found - values;
      },
      [](std::int64_t a, std::int64_t b) { return std::min(a, b); });
  if (bad < count) {
    fail(op, ": index ", values[bad], " at ", unravel(index.shape(), bad), " is not in [0, ", limit, "), the range of ",
         range);
  }
}

void check_index_dtype(const char* op, const Tensor& index) {
  check(index.defined(), op, ": the index tensor is undefined");
  check(index.dtype() == DType::int64, op, ": indices must be int64, not ", index.dtype(), "; convert with cast");
}

std::string axis_range(const Shape& shape, int axis) {
  return "axis " + std::to_string(axis) + " of " + to_string(shape);
}

/// What gather and scatter_add ask of an index tensor: the normalized axis.
int check_along_axis(const char* op, const Shape& shape, int axis, const Tensor& index) {
  check_index_dtype(op, index);
  axis = normalize_axis(axis, shape.rank(), op);
  check(index.rank() == shape.rank() && index.shape().without(axis) == shape.without(axis), op, ": the index is ",
        index.shape(), ", the tensor ", shape, "; all axes but axis ", axis, " must be equal");
  check_indices(op, index, shape[axis], axis_range(shape, axis));
  return axis;
}

}  // namespace

Tensor gather(const Tensor& x, int axis, const Tensor& index) {
  check(x.defined(), "gather: the tensor is undefined");
  axis = check_along_axis("gather", x.shape(), axis, index);
  Tensor result = Tensor::uninitialized(index.shape(), x.dtype());
  const AxisView from(x.shape(), axis), to(index.shape(), axis);
  const auto* places = index.data<std::int64_t>();
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* source = x.data<T>();
    T* target = result.mutable_data<T>();
    to.for_each_block([&](std::int64_t o, std::int64_t first, std::int64_t last) {
      for (std::int64_t i = 0; i < to.length; ++i) {
        const std::int64_t row = to.at(o, i * to.inner);
        for (std::int64_t k = first; k < last; ++k) {
          target[row + k] = source[from.at(o, places[row + k] * from.inner + k)];
        }
      }
    });
  });
  return result;
}

Tensor scatter_add(const Shape& shape, int axis, const Tensor& index, const Tensor& source) {
  check(source.defined(), "scatter_add: the source is undefined");
  axis = check_along_axis("scatter_add", shape, axis, index);
  check(source.shape() == index.shape(), "scatter_add: the source is ", source.shape(), ", the index ", index.shape(),
        "; shapes must be equal");
  Tensor result = Tensor::zeros(shape, source.dtype());
  const AxisView from(index.shape(), axis), to(shape, axis);
  const auto* places = index.data<std::int64_t>();
  dispatch(source.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* added = source.data<T>();
    T* target = result.mutable_data<T>();
    // One thread owns a column of the result, so the order of additions is that of the source.
    from.for_each_block([&](std::int64_t o, std::int64_t first, std::int64_t last) {
      for (std::int64_t i = 0; i < from.length; ++i) {
        const std::int64_t row = from.at(o, i * from.inner);
        for (std::int64_t k = first; k < last; ++k) {
          T& sum = target[to.at(o, places[row + k] * to.inner + k)];
          sum = static_cast<T>(sum + added[row + k]);
        }
      }
    });
  });
  return result;
}

Tensor take_rows(const Tensor& x, const Tensor& index) {
  check(x.defined() && x.rank() >= 1, "take_rows: needs a tensor with rows, not of shape ", x.shape());
  check_index_dtype("take_rows", index);
  check(index.rank() == 1, "take_rows: the index must have one axis, its shape is ", index.shape());
  check_indices("take_rows", index, x.size(0), axis_range(x.shape(), 0));
  Shape shape = x.shape();
  shape.set(0, index.numel());
  Tensor result = Tensor::uninitialized(shape, x.dtype());
  const std::int64_t row = x.shape().without(0).numel();
  const auto* rows = index.data<std::int64_t>();
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* source = x.data<T>();
    T* target = result.mutable_data<T>();
    const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, row));
    parallel_for(0, index.numel(), grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        std::memcpy(target + i * row, source + rows[i] * row, static_cast<std::size_t>(row) * sizeof(T));
      }
    });
  });
  return result;
}

Tensor add_rows(std::int64_t rows, const Tensor& index, const Tensor& source) {
  check(rows >= 0, "add_rows: needs a number of rows of at least 0, not ", rows);
  check(source.defined() && source.rank() >= 1, "add_rows: needs a source with rows, not of shape ", source.shape());
  check_index_dtype("add_rows", index);
  check(index.rank() == 1 && index.numel() == source.size(0), "add_rows: the index is ", index.shape(), ", the source ",
        source.shape(), "; there is one index for each of its rows");
  Shape shape = source.shape();
  shape.set(0, rows);
  check_indices("add_rows", index, rows, axis_range(shape, 0));
  Tensor result = Tensor::zeros(shape, source.dtype());
  const std::int64_t width = shape.without(0).numel(), count = index.numel();
  const auto* places = index.data<std::int64_t>();
  dispatch(source.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* added = source.data<T>();
    T* target = result.mutable_data<T>();
    // One thread owns some columns, so the order of additions is that of the source.
    const std::int64_t grain = std::max<std::int64_t>(16, kGrain / std::max<std::int64_t>(1, count));
    parallel_for(0, width, grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = 0; i < count; ++i) {
        const T* from = added + i * width;
        T* sum = target + places[i] * width;
        for (std::int64_t k = first; k < last; ++k) {
          sum[k] = static_cast<T>(sum[k] + from[k]);
        }
      }
    });
  });
  return result;
}

Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype) {
  check_index_dtype("one_hot", index);
  check(classes >= 1, "one_hot: needs at least 1 class, not ", classes);
  check_indices("one_hot", index, classes, "classes");
  Tensor result = Tensor::zeros(index.shape().followed_by({classes}), dtype);
  const auto* hot = index.data<std::int64_t>();
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* target = result.mutable_data<T>();
    parallel_for(0, index.numel(), kGrain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        target[i * classes + hot[i]] = T{1};
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels
