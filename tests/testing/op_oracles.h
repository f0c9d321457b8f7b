// Oracles of the larger ops, as the loops of their definitions: reductions, matrix products, softmax, convolution,
// pooling. In float64, on indices, with nothing of the kernels they judge.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "gibbs/tensor/kernels/activation.h"
#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/kernels/pool2d.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {

/// f of the elements of x that fall together when `axes` are reduced.
inline Tensor reduced(const Tensor& x, const Axes& axes, bool keepdim,
                      const std::function<double(const std::vector<double>&)>& f) {
  const Shape kept = reduced_shape(x.shape(), axes, true, "oracle");
  const Tensor result = build(kept, [&](const Index& out) {
    std::vector<double> members;
    for_each_index(x.shape(), [&](const Index& in) {
      bool same = true;
      for (std::size_t axis = 0; axis < in.size(); ++axis) {
        same &= kept[static_cast<int>(axis)] == 1 || in[axis] == out[axis];
      }
      if (same) {
        members.push_back(at(x, in));
      }
    });
    return f(members);
  });
  return result.reshape(reduced_shape(x.shape(), axes, keepdim, "oracle"));
}

/// op(a) op(b) by the triple loop, leading axes broadcast.
inline Tensor matrix_product(const Tensor& a, const Tensor& b, kernels::Transposed t = {}) {
  // Sizes of the last two axes may be 1 without being broadcast: at() reads index 0 there, which is the same.
  const auto element = [](const Tensor& x, Index index, std::int64_t row, std::int64_t column, bool transposed) {
    const std::size_t rank = index.size();
    index[rank - 2] = transposed ? column : row;
    index[rank - 1] = transposed ? row : column;
    return at(x, index);
  };
  const std::int64_t m = a.size(t.a ? -1 : -2), k = a.size(t.a ? -2 : -1), n = b.size(t.b ? -2 : -1);
  const Shape batch = broadcast_shapes(a.shape().sub(0, a.rank() - 2), b.shape().sub(0, b.rank() - 2), "oracle");
  return build(batch.followed_by({m, n}), [&](const Index& i) {
    double total = 0;
    for (std::int64_t j = 0; j < k; ++j) {
      total += element(a, i, i[i.size() - 2], j, t.a) * element(b, i, j, i[i.size() - 1], t.b);
    }
    return total;
  });
}

/// e^x / sum e^x along an axis.
inline Tensor softmax_along(const Tensor& x, int axis) {
  const auto k = static_cast<std::size_t>(axis < 0 ? axis + x.rank() : axis);
  return build(x.shape(), [&](const Index& i) {
    double normalizer = 0;
    Index j = i;
    for (j[k] = 0; j[k] < x.size(axis); ++j[k]) {
      normalizer += std::exp(at(x, j));
    }
    return std::exp(at(x, i)) / normalizer;
  });
}

/// Calls term(x index, w index, y index) for every product in the trilinear form <dy, conv(x, w)>.
inline void for_each_convolution_term(const kernels::Conv2dGeometry& g,
                                      const std::function<void(const Index&, const Index&, const Index&)>& term) {
  const kernels::Conv2dOptions& o = g.options;
  const std::int64_t inputs = g.channels / o.groups, outputs = g.filters / o.groups;
  for_each_index(g.y_shape(), [&](const Index& y) {
    for_each_index({g.kernel_h, g.kernel_w, inputs}, [&](const Index& k) {
      const std::int64_t row = y[1] * o.stride_h - o.pads.top + k[0] * o.dilation_h;
      const std::int64_t column = y[2] * o.stride_w - o.pads.left + k[1] * o.dilation_w;
      if (row >= 0 && row < g.height && column >= 0 && column < g.width) {
        term({y[0], row, column, y[3] / outputs * inputs + k[2]}, {k[0], k[1], k[2], y[3]}, y);
      }
    });
  });
}

/// x[i] += value for x of four axes.
inline void add_at(Tensor& x, const Index& i, double value) {
  const std::int64_t flat = ((i[0] * x.size(1) + i[1]) * x.size(2) + i[2]) * x.size(3) + i[3];
  x.mutable_data<double>()[flat] += value;
}

/// y, dx and dw of a convolution: each the sum of the products that the other two of (x, w, dy) give.
inline Tensor convolution(const kernels::Conv2dGeometry& g, const Tensor& x, const Tensor& w) {
  Tensor y = Tensor::zeros(g.y_shape(), DType::float64);
  for_each_convolution_term(
      g, [&](const Index& xi, const Index& wi, const Index& yi) { add_at(y, yi, at(x, xi) * at(w, wi)); });
  return y;
}
inline Tensor convolution_dx(const kernels::Conv2dGeometry& g, const Tensor& dy, const Tensor& w) {
  Tensor dx = Tensor::zeros(g.x_shape(), DType::float64);
  for_each_convolution_term(
      g, [&](const Index& xi, const Index& wi, const Index& yi) { add_at(dx, xi, at(dy, yi) * at(w, wi)); });
  return dx;
}
inline Tensor convolution_dw(const kernels::Conv2dGeometry& g, const Tensor& x, const Tensor& dy) {
  Tensor dw = Tensor::zeros(g.w_shape(), DType::float64);
  for_each_convolution_term(
      g, [&](const Index& xi, const Index& wi, const Index& yi) { add_at(dw, wi, at(x, xi) * at(dy, yi)); });
  return dw;
}

/// What a pooling window is reduced to.
inline double largest(const std::vector<double>& window) { return *std::max_element(window.begin(), window.end()); }
inline double mean_of(const std::vector<double>& window) {
  return std::accumulate(window.begin(), window.end(), 0.0) / static_cast<double>(window.size());
}

/// f of the elements of x [N, H, W, C] in each pooling window, padding left out.
inline Tensor pooled(const Tensor& x, const kernels::Pool2dOptions& o,
                     const std::function<double(const std::vector<double>&)>& f) {
  return build(kernels::Pool2dGeometry::of(x.shape(), o).y_shape(), [&](const Index& y) {
    std::vector<double> members;
    for_each_index({o.window_h, o.window_w}, [&](const Index& k) {
      const std::int64_t row = y[1] * o.stride_h - o.pads.top + k[0], column = y[2] * o.stride_w - o.pads.left + k[1];
      if (row >= 0 && row < x.size(1) && column >= 0 && column < x.size(2)) {
        members.push_back(at(x, {y[0], row, column, y[3]}));
      } else if (o.count_padding) {
        members.push_back(0);
      }
    });
    return f(members);
  });
}

/// f(x), by its formula.
inline double activated(kernels::Activation activation, double x) {
  switch (activation) {
    case kernels::Activation::relu:
      return x > 0 ? x : 0;
    case kernels::Activation::gelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case kernels::Activation::silu:
      return x / (1 + std::exp(-x));
    case kernels::Activation::identity:
      break;
  }
  return x;
}

}  // namespace gibbs::testing
