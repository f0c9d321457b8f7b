// The three kernels of convolution, each a matrix product with the matrix of im2col.h:
//   y = rows w        rows = im2col(x)
//   dx = col2im(dy w^T)
//   dw = rows^T dy
// The matrix seldom exists as a whole: a piece of work makes the rows of a few output lines, which stay in the cache,
// and multiplies them at once; only where the weights would fill the caches is it made as a whole. Geometries that fit
// convolution/winograd.h, convolution/depthwise.h or convolution/direct.h need no matrix and go there. Which way, and
// how work is cut, follows from the geometry alone, so the bits do not depend on the number of threads.
#include "gibbs/tensor/kernels/conv2d.h"

#include <algorithm>

#include "gibbs/tensor/kernels/convolution/depthwise.h"
#include "gibbs/tensor/kernels/convolution/direct.h"
#include "gibbs/tensor/kernels/convolution/im2col.h"
#include "gibbs/tensor/kernels/convolution/winograd.h"
#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/detail/partial_sums.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

using detail::Finish;
using std::int64_t;

constexpr int64_t kRowsBytes = 1 << 18;  // rows made at a time: a quarter of a second-level cache
constexpr int64_t kLargeWeights = 1 << 21;
constexpr int64_t kLargestMatrix = 1 << 26;
constexpr int64_t kEnoughTasks = 16;
constexpr int64_t kLeastColumns = 64;  // fewer filters at a time would make the rows too often

int64_t lines(const Conv2dGeometry& g) { return g.images * g.out_h; }
int64_t group_channels(const Conv2dGeometry& g) { return g.channels / g.options.groups; }
int64_t group_filters(const Conv2dGeometry& g) { return g.filters / g.options.groups; }

/// Output lines whose rows are made at a time.
template <class T>
int64_t lines_at_a_time(const Conv2dGeometry& g) {
  const int64_t line_bytes = g.out_w * row_length(g) * static_cast<int64_t>(sizeof(T));
  return std::max<int64_t>(kRowsBytes / std::max<int64_t>(line_bytes, 1), 1);
}

/// Room for the rows of one piece of work.
template <class T>
Buffer<T> rows_buffer(const Conv2dGeometry& g) {
  return Buffer<T>(rows_are_the_images(g) ? 0 : lines_at_a_time<T>(g) * g.out_w * row_length(g));
}

/// A row-major matrix and its leading dimension.
template <class T>
struct Matrix {
  T* data;
  int64_t ld;
};

/// The rows of output lines [first, last): made in `buffer`, or the images themselves where these are the rows.
template <class T>
Matrix<const T> rows_of(const Conv2dGeometry& g, int64_t group, const T* x, int64_t first, int64_t last, T* buffer) {
  if (rows_are_the_images(g)) {
    return {x + first * g.out_w * g.channels + group * group_channels(g), g.channels};
  }
  im2col(g, group, x, first, last, buffer);
  return {buffer, row_length(g)};
}

template <class T>
void conv2d_by_rows(const Conv2dGeometry& g, const T* x, const T* w, const Finish<T>& finish, T* y) {
  const int64_t filters = group_filters(g);
  parallel_for(0, lines(g), lines_at_a_time<T>(g), [&](int64_t first, int64_t last) {
    const Buffer<T> buffer = rows_buffer<T>(g);
    for (int64_t group = 0; group < g.options.groups; ++group) {
      const Matrix<const T> rows = rows_of(g, group, x, first, last, buffer.data());
      gemm({}, (last - first) * g.out_w, filters, row_length(g), rows.data, rows.ld, w + group * filters, g.filters,
           T{0}, y + first * g.out_w * g.filters + group * filters, g.filters);
    }
    finish(y + first * g.out_w * g.filters, (last - first) * g.out_w);
  });
}

/// dx of lines [first, last) and one group as rows: dy w^T.
template <class T>
void rows_gradient(const Conv2dGeometry& g, int64_t group, const T* dy, const T* w, int64_t first, int64_t last,
                   Matrix<T> rows) {
  const int64_t filters = group_filters(g);
  gemm({.b = true}, (last - first) * g.out_w, row_length(g), filters,
       dy + first * g.out_w * g.filters + group * filters, g.filters, w + group * filters, g.filters, T{0}, rows.data,
       rows.ld);
}

/// An image's output lines in bands: what their gradients add to dx overlaps with that of their neighbours alone.
struct Bands {
  int64_t lines, per_image;

  static Bands of(const Conv2dGeometry& g, int64_t at_a_time) {
    const int64_t reach = (g.kernel_h - 1) * g.options.dilation_h + 1;
    const int64_t lines = std::max(at_a_time, ceil_div(reach, g.options.stride_h));
    return {lines, ceil_div(g.out_h, lines)};
  }
};

template <class T>
void conv2d_dx_by_rows(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  const int64_t at_a_time = lines_at_a_time<T>(g);
  if (rows_are_the_images(g)) {
    parallel_for(0, lines(g), at_a_time, [&](int64_t first, int64_t last) {
      for (int64_t group = 0; group < g.options.groups; ++group) {
        rows_gradient(g, group, dy, w, first, last,
                      {dx + first * g.out_w * g.channels + group * group_channels(g), g.channels});
      }
    });
    return;
  }
  const int64_t image = g.height * g.width * g.channels;
  parallel_for(0, g.images, 1,
               [&](int64_t first, int64_t last) { std::fill(dx + first * image, dx + last * image, T{0}); });
  // Every other band, and then those between them: no two threads add to one line.
  const Bands bands = Bands::of(g, at_a_time);
  for (int64_t odd = 0; odd < 2; ++odd) {
    const int64_t per_image = (bands.per_image + 1 - odd) / 2;
    parallel_for(0, g.images * per_image, 1, [&](int64_t first_band, int64_t last_band) {
      const Buffer<T> buffer(bands.lines * g.out_w * row_length(g));
      for (int64_t i = first_band; i < last_band; ++i) {
        const int64_t begin = i / per_image * g.out_h, line = (2 * (i % per_image) + odd) * bands.lines;
        const int64_t first = begin + line, last = begin + std::min(line + bands.lines, g.out_h);
        for (int64_t group = 0; group < g.options.groups; ++group) {
          rows_gradient(g, group, dy, w, first, last, {buffer.data(), row_length(g)});
          col2im(g, group, buffer.data(), first, last, dx);
        }
      }
    });
  }
}

/// How dw is shared out. Slices of the output lines give partial sums, as many as memory allows; when the weights
/// are so large that these are few, the filters are cut too.
struct WeightTasks {
  int64_t slice_lines, slices;
  int64_t block_filters, blocks;

  template <class T>
  static WeightTasks of(const Conv2dGeometry& g) {
    const int64_t wanted = slices_for(g.w_shape().numel() * static_cast<int64_t>(sizeof(T)));
    const int64_t at_a_time = lines_at_a_time<T>(g);
    const int64_t slice_lines = ceil_div(ceil_div(lines(g), wanted), at_a_time) * at_a_time;
    const int64_t slices = ceil_div(lines(g), slice_lines);
    const int64_t filters = std::max<int64_t>(group_filters(g), 1);
    const int64_t wanted_blocks = std::clamp<int64_t>(kEnoughTasks / (slices * g.options.groups), 1,
                                                      std::max<int64_t>(filters / kLeastColumns, 1));
    const int64_t block_filters = ceil_div(filters, wanted_blocks);
    return {slice_lines, slices, block_filters, ceil_div(filters, block_filters)};
  }
};

/// The sum over output lines [first, last) for filters [begin, end) of one group, written to a whole dw.
template <class T>
void dw_of_lines(const Conv2dGeometry& g, int64_t group, const T* x, const T* dy, int64_t first, int64_t last,
                 int64_t begin, int64_t end, T* dw) {
  const Buffer<T> buffer = rows_buffer<T>(g);
  const int64_t at_a_time = lines_at_a_time<T>(g), column = group * group_filters(g) + begin;
  for (int64_t line = first; line < last; line += at_a_time) {
    const int64_t line_end = std::min(line + at_a_time, last);
    const Matrix<const T> rows = rows_of(g, group, x, line, line_end, buffer.data());
    gemm({.a = true}, row_length(g), end - begin, (line_end - line) * g.out_w, rows.data, rows.ld,
         dy + line * g.out_w * g.filters + column, g.filters, line == first ? T{0} : T{1}, dw + column, g.filters);
  }
}

template <class T>
void conv2d_dw_by_rows(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  const int64_t size = g.w_shape().numel();
  const WeightTasks tasks = WeightTasks::of<T>(g);
  const int64_t per_slice = g.options.groups * tasks.blocks;
  sum_of_slices(tasks.slices, size, dw, [&](T* sums) {
    parallel_for(0, tasks.slices * per_slice, 1, [&](int64_t first_task, int64_t last_task) {
      for (int64_t task = first_task; task < last_task; ++task) {
        const int64_t slice = task / per_slice, group = task % per_slice / tasks.blocks;
        const int64_t first = slice * tasks.slice_lines, begin = task % tasks.blocks * tasks.block_filters;
        dw_of_lines(g, group, x, dy, first, std::min(first + tasks.slice_lines, lines(g)), begin,
                    std::min(begin + tasks.block_filters, group_filters(g)), sums + slice * size);
      }
    });
  });
}

/// Weights that fill the caches would be read from memory for every piece of work: then the matrix is made as a whole,
/// if it is not too large, and gemm.h cuts one product.
bool is_one_product(const Conv2dGeometry& g, DType dtype) {
  const auto bytes = [dtype](int64_t numbers) { return numbers * static_cast<int64_t>(size_of(dtype)); };
  return g.options.groups == 1 && bytes(g.w_shape().numel()) > kLargeWeights &&
         (rows_are_the_images(g) || bytes(lines(g) * g.out_w * row_length(g)) <= kLargestMatrix);
}

Shape rows_shape(const Conv2dGeometry& g) { return {lines(g) * g.out_w, row_length(g)}; }

template <class T>
Tensor all_rows(const Conv2dGeometry& g, const Tensor& x) {
  if (rows_are_the_images(g)) {
    return x.reshape(rows_shape(g));
  }
  Tensor rows = Tensor::uninitialized(rows_shape(g), x.dtype());
  T* to = rows.mutable_data<T>();
  parallel_for(0, lines(g), lines_at_a_time<T>(g), [&](int64_t first, int64_t last) {
    im2col(g, 0, x.data<T>(), first, last, to + first * g.out_w * row_length(g));
  });
  return rows;
}

template <class T>
Tensor images_of(const Conv2dGeometry& g, const Tensor& rows) {
  if (rows_are_the_images(g)) {
    return rows.reshape(g.x_shape());
  }
  Tensor x = Tensor::zeros(g.x_shape(), rows.dtype());
  T* to = x.mutable_data<T>();
  parallel_for(0, g.images, 1, [&](int64_t first, int64_t last) {
    col2im(g, 0, rows.data<T>() + first * g.out_h * g.out_w * row_length(g), first * g.out_h, last * g.out_h, to);
  });
  return x;
}

Tensor as_matrix(const Tensor& t) { return t.reshape({t.numel() / t.size(-1), t.size(-1)}); }

void check_operands(const char* op, const char* a_name, const Tensor& a, const Shape& a_shape, const char* b_name,
                    const Tensor& b, const Shape& b_shape) {
  check(a.shape() == a_shape, op, ": ", a_name, " is ", a.shape(), ", the geometry needs ", a_shape);
  check(b.shape() == b_shape, op, ": ", b_name, " is ", b.shape(), ", the geometry needs ", b_shape);
  check(a.dtype() == b.dtype(), op, ": dtypes differ: ", a.dtype(), " and ", b.dtype(), "; convert one with cast");
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2dGeometry& g, const Epilogue& epilogue) {
  check_operands("conv2d", "x", x, g.x_shape(), "w", w, g.w_shape());
  check_epilogue("conv2d", epilogue, g.filters, x.dtype());
  return dispatch_floating(x.dtype(), "conv2d", [&](auto zero) {
    using T = decltype(zero);
    const Finish<T> finish(epilogue, g.filters);
    if (!winograd::fits(g, x.dtype()) && is_one_product(g, x.dtype())) {
      Tensor y = matmul(all_rows<T>(g, x), as_matrix(w)).reshape(g.y_shape());
      T* numbers = y.mutable_data<T>();
      parallel_for(0, lines(g), 1, [&](int64_t first, int64_t last) {
        finish(numbers + first * g.out_w * g.filters, (last - first) * g.out_w);
      });
      return y;
    }
    Tensor y = Tensor::uninitialized(g.y_shape(), x.dtype());
    const auto kernel = winograd::fits(g, x.dtype()) ? winograd::conv2d<T>
                        : depthwise::fits(g)         ? depthwise::conv2d<T>
                        : direct::fits<T>(g)         ? direct::conv2d<T>
                                                     : conv2d_by_rows<T>;
    kernel(g, x.data<T>(), w.data<T>(), finish, y.mutable_data<T>());
    return y;
  });
}

Tensor conv2d_dx(const Tensor& dy, const Tensor& w, const Conv2dGeometry& g) {
  check_operands("conv2d_dx", "dy", dy, g.y_shape(), "w", w, g.w_shape());
  return dispatch_floating(dy.dtype(), "conv2d_dx", [&](auto zero) {
    using T = decltype(zero);
    if (!winograd::dx_fits(g, dy.dtype()) && is_one_product(g, dy.dtype())) {
      return images_of<T>(g, matmul(as_matrix(dy), as_matrix(w), {.b = true}));
    }
    Tensor dx = Tensor::uninitialized(g.x_shape(), dy.dtype());
    const auto kernel = winograd::dx_fits(g, dy.dtype()) ? winograd::conv2d_dx<T>
                        : depthwise::fits(g)             ? depthwise::conv2d_dx<T>
                        : direct::dx_fits<T>(g)          ? direct::conv2d_dx<T>
                                                         : conv2d_dx_by_rows<T>;
    kernel(g, dy.data<T>(), w.data<T>(), dx.mutable_data<T>());
    return dx;
  });
}

Tensor conv2d_dw(const Tensor& x, const Tensor& dy, const Conv2dGeometry& g) {
  check_operands("conv2d_dw", "x", x, g.x_shape(), "dy", dy, g.y_shape());
  if (g.images == 0) {
    return Tensor::zeros(g.w_shape(), x.dtype());
  }
  return dispatch_floating(x.dtype(), "conv2d_dw", [&](auto zero) {
    using T = decltype(zero);
    if (!winograd::fits(g, x.dtype()) && is_one_product(g, x.dtype())) {
      return matmul(all_rows<T>(g, x), as_matrix(dy), {.a = true}).reshape(g.w_shape());
    }
    Tensor dw = Tensor::uninitialized(g.w_shape(), x.dtype());
    const auto kernel = winograd::fits(g, x.dtype()) ? winograd::conv2d_dw<T>
                        : depthwise::fits(g)         ? depthwise::conv2d_dw<T>
                        : direct::fits<T>(g)         ? direct::conv2d_dw<T>
                                                     : conv2d_dw_by_rows<T>;
    kernel(g, x.data<T>(), dy.data<T>(), dw.mutable_data<T>());
    return dw;
  });
}

}  // namespace gibbs::kernels
