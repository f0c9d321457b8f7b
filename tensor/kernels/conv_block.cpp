// Forward, per image: convolve into a buffer, then pool, relu and bias window by window. Backward, per image: route dy
// into the same buffer, then weight and input gradients from it. What happens to one image is in convolution/direct.h,
// or, where it fits, in convolution/winograd.h: there a tile of 2 x 2 outputs is a window of the pooling, and an odd
// last line or column, which belongs to no window, is not computed at all.
#include "gibbs/tensor/kernels/conv_block.h"

#include <algorithm>
#include <type_traits>

#include "gibbs/tensor/kernels/convolution/direct.h"
#include "gibbs/tensor/kernels/convolution/turned_weights.h"
#include "gibbs/tensor/kernels/convolution/winograd.h"
#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/detail/partial_sums.h"
#include "gibbs/tensor/kernels/detail/two_by_two.h"
#include "gibbs/tensor/kernels/simd/lanes.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;
using std::uint8_t;

Conv2dGeometry one_image(Conv2dGeometry g) {
  g.images = 1;
  return g;
}

int64_t image_size(const Conv2dGeometry& g) { return g.height * g.width * g.channels; }
int64_t map_size(const Conv2dGeometry& g) { return g.out_h * g.out_w * g.filters; }
int64_t pooled_size(const Pool2dGeometry& g) { return g.out_h * g.out_w * g.channels; }

// Windows are worked on a vector of channels at a time: filters fill vectors wherever this kernel is used. Places in a
// window are as wide as T while they are compared.
template <class T>
using Vector = Lanes<T, kWidth<T>>;
template <class T>
using Places = Lanes<std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>, kWidth<T>>;

/// One window: y = relu(the largest of four + bias), and who it was.
template <class T>
void pool_window(int64_t channels, const T* first, const T* second, const T* third, const T* fourth, const T* bias,
                 T* y, uint8_t* routing) {
  constexpr int W = kWidth<T>;
  for (int64_t c = 0; c < channels; c += W) {
    const Vector<T> shift = lanes<W>(bias + c);
    Vector<T> best = lanes<W>(first + c) + shift;
    Places<T> winner = {};
    const auto challenge = [&](const T* other, int place) {
      const Vector<T> value = lanes<W>(other + c) + shift;
      const auto wins = (value > best) | ((value != value) & (best == best));  // the first NaN wins and stays
      best = wins ? value : best;
      winner = wins ? Places<T>{} + place : winner;
    };
    challenge(second, 1);
    challenge(third, 2);
    challenge(fourth, 3);
    lanes<W>(y + c) = best < 0 ? Vector<T>{} : best;  // a NaN stays
    winner = best > 0 ? winner : Places<T>{} + kNoWinner;
    lanes<W>(routing + c) = __builtin_convertvector(winner, Lanes<uint8_t, W>);
  }
}

/// z: the convolution of one image, without bias.
template <class T>
void pool_image(const Pool2dGeometry& g, const T* z, const T* bias, T* y, uint8_t* routing) {
  const int64_t channels = g.channels, line = g.width * channels;
  for_each_two_by_two(g, [&](int64_t in, int64_t out) {
    const T* at = z + in;
    pool_window(channels, at, at + channels, at + line, at + line + channels, bias, y + out, routing + out);
  });
}

/// One window's gradient: dy goes to its winner, zeros to the others, and to the sum of the bias where there is a
/// winner.
template <class T>
void route_window(int64_t channels, const T* dy, const uint8_t* routing, T* first, T* second, T* third, T* fourth,
                  T* dbias) {
  constexpr int W = kWidth<T>;
  for (int64_t c = 0; c < channels; c += W) {
    const Places<T> winner = __builtin_convertvector(lanes<W>(routing + c), Places<T>);
    const Vector<T> gradient = lanes<W>(dy + c), none = {};
    lanes<W>(first + c) = winner == 0 ? gradient : none;
    lanes<W>(second + c) = winner == 1 ? gradient : none;
    lanes<W>(third + c) = winner == 2 ? gradient : none;
    lanes<W>(fourth + c) = winner == 3 ? gradient : none;
    lanes<W>(dbias + c) += winner == kNoWinner ? none : gradient;
  }
}

/// dz of one image; every element is written. Adds to dbias.
template <class T>
void route_image(const Pool2dGeometry& g, const T* dy, const uint8_t* routing, T* dz, T* dbias) {
  const int64_t channels = g.channels, line = g.width * channels;
  for_each_two_by_two(g, [&](int64_t in, int64_t out) {
    T* at = dz + in;
    route_window(channels, dy + out, routing + out, at, at + channels, at + line, at + line + channels, dbias);
  });
  clear_left_over(g, dz);
}

template <class T>
void forward(const ConvBlockGeometry& g, const T* x, const T* w, const T* bias, T* y, uint8_t* routing) {
  const Conv2dGeometry one = one_image(g.conv);
  parallel_for(0, g.conv.images, 1, [&](int64_t first, int64_t last) {
    const Buffer<T> z(map_size(one));
    for (int64_t n = first; n < last; ++n) {
      direct::conv2d_image(one, x + n * image_size(one), w, z.data());
      pool_image(g.pool, z.data(), bias, y + n * pooled_size(g.pool), routing + n * pooled_size(g.pool));
    }
  });
}

/// All gradients in one pass over the images. dw and dbias lie one behind the other, and are summed over slices of the
/// batch in a fixed order. dx may be null; so may dz, the gradient of the whole batch's convolution.
template <class T>
void backward(const ConvBlockGeometry& g, const T* x, const T* w, const uint8_t* routing, const T* dy, T* dx, T* dz,
              T* dw_and_dbias) {
  const Conv2dGeometry one = one_image(g.conv);
  const int64_t weights = g.conv.w_shape().numel(), size = weights + g.conv.filters;
  const int64_t slice = ceil_div(g.conv.images, slices_for(size * static_cast<int64_t>(sizeof(T))));
  const int64_t slices = ceil_div(g.conv.images, slice);
  const Tensor turned = dx ? turned_weights(g.conv, w) : Tensor();
  const T* turned_w = dx ? turned.data<T>() : nullptr;
  sum_of_slices(slices, size, dw_and_dbias, [&](T* sums) {
    parallel_for(0, g.conv.images, slice, [&](int64_t first, int64_t last) {
      const Buffer<T> buffer(dz ? 0 : map_size(one));
      T* dw = sums + first / slice * size;
      T* dbias = dw + weights;
      std::fill_n(dbias, g.conv.filters, T{0});
      for (int64_t n = first; n < last; ++n) {
        const int64_t pooled = n * pooled_size(g.pool), image = n * image_size(one);
        T* dz_image = dz ? dz + n * map_size(one) : buffer.data();
        route_image(g.pool, dy + pooled, routing + pooled, dz_image, dbias);
        direct::conv2d_dw_image(one, x + image, dz_image, n > first, dw);
        if (dx) {
          direct::conv2d_dx_image(one, dz_image, turned_w, dx + image);
        }
      }
    });
  });
}

bool takes_winograd(const ConvBlockGeometry& g, DType dtype) {
  return winograd::fits(g.conv, dtype) && !winograd::weights_are_large(g.conv);
}

/// The windows of the pooling as Winograd's tiles, image after image, so that tile t gives result t.
struct Windows {
  explicit Windows(const ConvBlockGeometry& g)
      : grid{g.pool.out_h, g.pool.out_w}, at_a_time(std::min(winograd::tiles_at_a_time(g.conv), grid.count())) {}
  winograd::TileGrid grid;
  int64_t at_a_time;
};

void winograd_forward(const ConvBlockGeometry& g, const float* x, const float* w, const float* bias, float* y,
                      uint8_t* routing) {
  const Windows windows(g);
  const int64_t filters = g.conv.filters;
  const Tensor u = winograd::transformed_weights(g.conv, w, /*turned=*/false);
  parallel_for(0, g.conv.images * windows.grid.count(), windows.at_a_time, [&](int64_t first, int64_t last) {
    winograd::TileBlock<float> block(g.conv, windows.grid, last - first);
    const Buffer<float> buffer(4 * (last - first) * filters);
    block.select(first, last - first);
    block.read(x);
    block.outputs(u.data<float>(), buffer.data());
    const float* z = buffer.data();
    for (int64_t at = first * filters; at < last * filters; at += filters, z += 4 * filters) {
      pool_window(filters, z, z + filters, z + 2 * filters, z + 3 * filters, bias, y + at, routing + at);
    }
  });
}

/// dw and dbias lie one behind the other; dx may be null. Weights are summed as transformed ones, and transformed back
/// at the end.
void winograd_backward(const ConvBlockGeometry& g, const float* x, const float* w, const uint8_t* routing,
                       const float* dy, float* dx, float* dw_and_dbias) {
  const Windows windows(g);
  const int64_t filters = g.conv.filters, image_size = g.conv.height * g.conv.width * g.conv.channels;
  const int64_t weights = 16 * g.conv.channels * filters, size = weights + filters;
  const int64_t slice = ceil_div(g.conv.images, slices_for(size * static_cast<int64_t>(sizeof(float))));
  const Tensor u = dx ? winograd::transformed_weights(g.conv, w, /*turned=*/true) : Tensor();
  Tensor sum = Tensor::uninitialized({size}, DType::float32);
  sum_of_slices(ceil_div(g.conv.images, slice), size, sum.mutable_data<float>(), [&](float* sums) {
    parallel_for(0, g.conv.images, slice, [&](int64_t first_image, int64_t last_image) {
      winograd::TileBlock<float> block(g.conv, windows.grid, windows.at_a_time);
      const Buffer<float> buffer(4 * windows.at_a_time * filters);
      float* du = sums + first_image / slice * size;
      float* dbias = du + weights;
      std::fill_n(dbias, filters, 0.F);
      if (dx) {
        std::fill(dx + first_image * image_size, dx + last_image * image_size, 0.F);
      }
      const int64_t begin = first_image * windows.grid.count(), end = last_image * windows.grid.count();
      for (int64_t first = begin; first < end; first += windows.at_a_time) {
        const int64_t last = std::min(first + windows.at_a_time, end);
        float* dz = buffer.data();
        for (int64_t at = first * filters; at < last * filters; at += filters, dz += 4 * filters) {
          route_window(filters, dy + at, routing + at, dz, dz + filters, dz + 2 * filters, dz + 3 * filters, dbias);
        }
        block.select(first, last - first);
        block.read(x);
        block.read_gradients(buffer.data());
        block.weights(first > begin, du);
        if (dx) {
          block.add_inputs(u.data<float>(), dx);
        }
      }
    });
  });
  winograd::dw_from_transformed(g.conv, sum.data<float>(), dw_and_dbias);
  std::copy_n(sum.data<float>() + weights, filters, dw_and_dbias + g.conv.w_shape().numel());
}

void check_block(const char* op, const char* name, const Tensor& t, const Shape& shape, DType dtype) {
  check(t.shape() == shape && t.dtype() == dtype, op, ": ", name, " is ", t.shape(), " ", t.dtype(), ", needs ", shape,
        " ", dtype);
}

}  // namespace

ConvBlockGeometry ConvBlockGeometry::of(const Shape& x, const Shape& w, const Conv2dOptions& conv,
                                        const Pool2dOptions& pool) {
  const Conv2dGeometry geometry = Conv2dGeometry::of(x, w, conv);
  return {geometry, Pool2dGeometry::of(geometry.y_shape(), pool)};
}

bool conv_block_fits(const ConvBlockGeometry& g, DType dtype) {
  if (!is_two_by_two(g.pool.options) || !is_floating(dtype) || g.conv.images == 0) {
    return false;
  }
  return dispatch_floating(dtype, "conv_block",
                           [&](auto zero) { return direct::fits<decltype(zero)>(g.conv) || takes_winograd(g, dtype); });
}

ConvBlockResult conv_block(const Tensor& x, const Tensor& w, const Tensor& bias, const ConvBlockGeometry& g) {
  check(conv_block_fits(g, x.dtype()), "conv_block: this geometry is not handled; ask conv_block_fits first");
  check_block("conv_block", "x", x, g.conv.x_shape(), x.dtype());
  check_block("conv_block", "w", w, g.conv.w_shape(), x.dtype());
  check_block("conv_block", "bias", bias, {g.conv.filters}, x.dtype());
  ConvBlockResult result{Tensor::uninitialized(g.pool.y_shape(), x.dtype()),
                         Tensor::uninitialized(g.pool.y_shape(), DType::uint8)};
  if (takes_winograd(g, x.dtype())) {
    winograd_forward(g, x.data<float>(), w.data<float>(), bias.data<float>(), result.y.mutable_data<float>(),
                     result.routing.mutable_data<uint8_t>());
    return result;
  }
  dispatch_floating(x.dtype(), "conv_block", [&](auto zero) {
    using T = decltype(zero);
    forward(g, x.data<T>(), w.data<T>(), bias.data<T>(), result.y.mutable_data<T>(),
            result.routing.mutable_data<uint8_t>());
  });
  return result;
}

ConvBlockGradients conv_block_gradients(const Tensor& x, const Tensor& w, const Tensor& routing, const Tensor& dy,
                                        const ConvBlockGeometry& g, const ConvBlockWanted& wanted) {
  check_block("conv_block_gradients", "dy", dy, g.pool.y_shape(), x.dtype());
  check_block("conv_block_gradients", "routing", routing, g.pool.y_shape(), DType::uint8);
  ConvBlockGradients gradients;
  const int64_t weights = w.numel();
  Tensor sums = Tensor::uninitialized({weights + g.conv.filters}, x.dtype());
  const auto take_sums = [&] {
    gradients.dw = wanted.dw ? sums.rows(0, weights).reshape(w.shape()) : Tensor();
    gradients.dbias = wanted.dbias ? sums.rows(weights, sums.numel()) : Tensor();
    return gradients;
  };
  if (takes_winograd(g, x.dtype())) {
    gradients.dx = wanted.dx ? Tensor::uninitialized(g.conv.x_shape(), x.dtype()) : Tensor();
    winograd_backward(g, x.data<float>(), w.data<float>(), routing.data<uint8_t>(), dy.data<float>(),
                      wanted.dx ? gradients.dx.mutable_data<float>() : nullptr, sums.mutable_data<float>());
    return take_sums();
  }
  dispatch_floating(x.dtype(), "conv_block", [&](auto zero) {
    using T = decltype(zero);
    // Where dx has no direct kernel, dz is kept for the general one.
    const bool dx_in_place = wanted.dx && direct::dx_fits<T>(g.conv), dx_from_dz = wanted.dx && !dx_in_place;
    Tensor dz = dx_from_dz ? Tensor::uninitialized(g.conv.y_shape(), x.dtype()) : Tensor();
    gradients.dx = dx_in_place ? Tensor::uninitialized(g.conv.x_shape(), x.dtype()) : Tensor();
    backward(g, x.data<T>(), w.data<T>(), routing.data<uint8_t>(), dy.data<T>(),
             dx_in_place ? gradients.dx.mutable_data<T>() : nullptr, dx_from_dz ? dz.mutable_data<T>() : nullptr,
             sums.mutable_data<T>());
    if (dx_from_dz) {
      gradients.dx = conv2d_dx(dz, w, g.conv);
    }
  });
  return take_sums();
}

}  // namespace gibbs::kernels
