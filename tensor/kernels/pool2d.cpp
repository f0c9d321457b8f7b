// The geometry of pooling, and average pooling: the mean of the taps inside the image (see pool2d_taps.h).
#include "gibbs/tensor/kernels/pool2d.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gibbs/tensor/kernels/detail/pool2d_taps.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

constexpr int64_t kChannels = 256;  // whose sums are held at a time

/// What a window's sum is divided by: the number of taps inside the image, or all of them.
int64_t taps_of(const Pool2dGeometry& g, int64_t oy, int64_t ox) {
  if (g.options.count_padding) {
    return g.options.window_h * g.options.window_w;
  }
  int64_t taps = 0;
  for_each_tap(g, oy, ox, [&](int64_t, int64_t) { ++taps; });
  return taps;
}

/// y = the mean of one window, summed in double. A sum that is too large for that (of float64) is made of smaller taps.
template <class T>
void average_window(const Pool2dGeometry& g, int64_t oy, int64_t ox, const T* image, T* y) {
  const auto taps = static_cast<double>(taps_of(g, oy, ox));
  for (int64_t first = 0; first < g.channels; first += kChannels) {
    const int64_t channels = std::min(kChannels, g.channels - first);
    std::array<double, kChannels> total;
    const auto average = [&](double scale) {
      std::fill_n(total.begin(), channels, 0.0);
      for_each_tap(g, oy, ox, [&](int64_t, int64_t offset) {
        const T* from = image + offset + first;
        for (int64_t c = 0; c < channels; ++c) {
          total[c] += static_cast<double>(from[c]) * scale;
        }
      });
      std::transform(total.begin(), total.begin() + channels, y + first,
                     [=](double sum) { return static_cast<T>(sum / taps / scale); });
    };
    average(1);
    if (!std::all_of(total.begin(), total.begin() + channels, [](double sum) { return std::isfinite(sum); })) {
      average(0x1p-64);
    }
  }
}

}  // namespace

Pool2dGeometry Pool2dGeometry::of(const Shape& x, const Pool2dOptions& o, const char* op) {
  check(x.rank() == 4, op, ": needs x [N, H, W, C], not ", x);
  check(o.window_h >= 1 && o.window_w >= 1, op, ": window ", o.window_h, " x ", o.window_w, " must be at least 1 x 1");
  check(o.stride_h >= 1 && o.stride_w >= 1, op, ": stride ", o.stride_h, " x ", o.stride_w, " must be at least 1 x 1");
  const Pads& p = o.pads;
  check(std::min({p.top, p.bottom, p.left, p.right}) >= 0 && std::max(p.top, p.bottom) < o.window_h &&
            std::max(p.left, p.right) < o.window_w,
        op, ": pads (top ", p.top, ", bottom ", p.bottom, ", left ", p.left, ", right ", p.right,
        ") must be at least 0 and less than the window ", o.window_h, " x ", o.window_w,
        ", or a window could lie wholly in the padding");
  const int64_t height = x[1] + p.top + p.bottom, width = x[2] + p.left + p.right;
  check(x[1] >= 1 && x[2] >= 1 && height >= o.window_h && width >= o.window_w, op, ": window ", o.window_h, " x ",
        o.window_w, " does not fit the padded image ", height, " x ", width, " of x ", x,
        "; use a smaller window or padding");
  return {.images = x[0],
          .height = x[1],
          .width = x[2],
          .channels = x[3],
          .out_h = (height - o.window_h) / o.stride_h + 1,
          .out_w = (width - o.window_w) / o.stride_w + 1,
          .options = o};
}

Tensor avg_pool2d(const Tensor& x, const Pool2dGeometry& g) {
  check_shape("avg_pool2d", "x", x, g.x_shape());
  Tensor result = Tensor::uninitialized(g.y_shape(), x.dtype());
  dispatch_floating(x.dtype(), "avg_pool2d", [&](auto zero) {
    using T = decltype(zero);
    const T* images = x.data<T>();
    T* outputs = result.mutable_data<T>();
    for_each_line(g, [&](int64_t n, int64_t oy) {
      for (int64_t ox = 0; ox < g.out_w; ++ox) {
        average_window(g, oy, ox, images + n * g.height * g.width * g.channels,
                       outputs + ((n * g.out_h + oy) * g.out_w + ox) * g.channels);
      }
    });
  });
  return result;
}

Tensor avg_pool2d_dx(const Tensor& dy, const Pool2dGeometry& g) {
  check_shape("avg_pool2d_dx", "dy", dy, g.y_shape());
  Tensor result = Tensor::uninitialized(g.x_shape(), dy.dtype());
  dispatch_floating(dy.dtype(), "avg_pool2d_dx", [&](auto zero) {
    using T = decltype(zero);
    const int64_t channels = g.channels;
    const T* gradients = dy.data<T>();
    T* inputs = result.mutable_data<T>();
    for_each_image(g, [&](int64_t n) {
      T* dx = inputs + n * g.height * g.width * g.channels;
      const T* gradient = gradients + n * g.out_h * g.out_w * g.channels;
      std::fill_n(dx, g.height * g.width * g.channels, T{0});
      for (int64_t i = 0; i < g.out_h * g.out_w; ++i, gradient += g.channels) {
        const auto taps = static_cast<T>(taps_of(g, i / g.out_w, i % g.out_w));
        for_each_tap(g, i / g.out_w, i % g.out_w, [&](int64_t, int64_t offset) {
          T* __restrict to = dx + offset;
          for (int64_t c = 0; c < channels; ++c) {
            to[c] += gradient[c] / taps;
          }
        });
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels
