// Max pooling and its routing: per tap for any window (see pool2d_taps.h), and with the four taps in registers for the
// common case, 2 x 2 by 2 (of the article's network only where it is not fused: conv_block.h). g++ 12 makes vectors of
// these loops only when every load is unconditional.
#include <algorithm>
#include <type_traits>

#include "gibbs/tensor/kernels/detail/pool2d_taps.h"
#include "gibbs/tensor/kernels/detail/two_by_two.h"
#include "gibbs/tensor/kernels/pool2d.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;
using std::uint8_t;

/// Whether a later element replaces the winner so far: it is larger or NaN, and the winner is not NaN already.
template <class T>
bool beats(T challenger, T winner) {
  return challenger > winner || (challenger != challenger && winner == winner);
}

/// One output line of 2 x 2 max pooling; x points to the upper of its two input lines. All loads come first and are
/// unconditional: otherwise g++ 12 makes no vectors of the channels.
template <class T>
void max_line_two_by_two(const Pool2dGeometry& g, const T* x, T* __restrict y, uint8_t* __restrict routing) {
  const int64_t channels = g.channels, row = g.width * channels;
  for (int64_t ox = 0; ox < g.out_w; ++ox, x += 2 * channels, y += channels, routing += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const T first = x[c], second = x[c + channels], third = x[c + row], fourth = x[c + row + channels];
      T best = first;
      int winner = 0;
      const auto challenge = [](T value, int tap, T& largest, int& place) {
        const bool wins = beats(value, largest);
        largest = wins ? value : largest;
        place = wins ? tap : place;
      };
      challenge(second, 1, best, winner);
      challenge(third, 2, best, winner);
      challenge(fourth, 3, best, winner);
      y[c] = best;
      routing[c] = static_cast<uint8_t>(winner);
    }
  }
}

/// One window of max pooling.
template <class T, class Routing>
void max_window(const Pool2dGeometry& g, int64_t oy, int64_t ox, const T* image, T* __restrict y,
                Routing* __restrict routing) {
  const int64_t channels = g.channels;
  bool is_first = true;
  for_each_tap(g, oy, ox, [&](int64_t tap, int64_t offset) {
    const T* x = image + offset;
    const auto place = static_cast<Routing>(tap);
    if (is_first) {
      std::copy_n(x, channels, y);
      std::fill_n(routing, channels, place);
      is_first = false;
      return;
    }
    for (int64_t c = 0; c < channels; ++c) {
      const T value = x[c], best = y[c];
      const Routing winner = routing[c];
      const bool wins = beats(value, best);
      y[c] = wins ? value : best;
      routing[c] = wins ? place : winner;
    }
  });
}

/// One window's scatter: each of the four inputs is written once, so nothing is cleared first. Not inlined, because
/// g++ 12 forgets __restrict when it inlines, and without it makes no vectors.
template <class T>
[[gnu::noinline]] void scatter_window_two_by_two(int64_t channels, const T* dy, const uint8_t* routing,
                                                 T* __restrict first, T* __restrict second, T* __restrict third,
                                                 T* __restrict fourth) {
  for (int64_t c = 0; c < channels; ++c) {
    const T gradient = dy[c];
    const int winner = routing[c];
    first[c] = winner == 0 ? gradient : T{0};
    second[c] = winner == 1 ? gradient : T{0};
    third[c] = winner == 2 ? gradient : T{0};
    fourth[c] = winner == 3 ? gradient : T{0};
  }
}

/// One image's scatter of 2 x 2 pooling.
template <class T>
void scatter_two_by_two(const Pool2dGeometry& g, const T* dy, const uint8_t* routing, T* dx) {
  const int64_t channels = g.channels, row = g.width * channels;
  for_each_two_by_two(g, [&](int64_t at, int64_t out) {
    T* x = dx + at;
    scatter_window_two_by_two(channels, dy + out, routing + out, x, x + channels, x + row, x + row + channels);
  });
  clear_left_over(g, dx);
}

DType routing_dtype(const Pool2dGeometry& g) {
  return g.options.window_h * g.options.window_w <= 256 ? DType::uint8 : DType::int64;
}

/// Calls body(T{}, Routing{}) with the C++ types of the elements and of the routing.
template <class Body>
void dispatch_routed(const char* op, const Tensor& x, const Pool2dGeometry& g, Body body) {
  dispatch_floating(x.dtype(), op, [&](auto zero) {
    if (routing_dtype(g) == DType::uint8) {
      body(zero, uint8_t{});
    } else {
      body(zero, int64_t{});
    }
  });
}

void check_routing(const char* op, const Tensor& routing, const Pool2dGeometry& g) {
  check_shape(op, "routing", routing, g.y_shape());
  check(routing.dtype() == routing_dtype(g), op, ": routing is ", routing.dtype(), ", this window's is ",
        routing_dtype(g));
}

}  // namespace

MaxPooled max_pool2d(const Tensor& x, const Pool2dGeometry& g) {
  check_shape("max_pool2d", "x", x, g.x_shape());
  MaxPooled pooled{Tensor::uninitialized(g.y_shape(), x.dtype()), Tensor::uninitialized(g.y_shape(), routing_dtype(g))};
  dispatch_routed("max_pool2d", x, g, [&](auto zero, auto place) {
    using T = decltype(zero);
    using Routing = decltype(place);
    const T* images = x.data<T>();
    T* y = pooled.y.mutable_data<T>();
    auto* routing = pooled.routing.mutable_data<Routing>();
    for_each_line(g, [&](int64_t n, int64_t oy) {
      const T* image = images + n * g.height * g.width * g.channels;
      const int64_t line = (n * g.out_h + oy) * g.out_w * g.channels;
      if constexpr (std::is_same_v<Routing, uint8_t>) {
        if (is_two_by_two(g.options)) {
          max_line_two_by_two(g, image + 2 * oy * g.width * g.channels, y + line, routing + line);
          return;
        }
      }
      for (int64_t ox = 0; ox < g.out_w; ++ox) {
        max_window(g, oy, ox, image, y + line + ox * g.channels, routing + line + ox * g.channels);
      }
    });
  });
  return pooled;
}

Tensor max_pool2d_gather(const Tensor& x, const Tensor& routing, const Pool2dGeometry& g) {
  check_shape("max_pool2d_gather", "x", x, g.x_shape());
  check_routing("max_pool2d_gather", routing, g);
  Tensor result = Tensor::uninitialized(g.y_shape(), x.dtype());
  dispatch_routed("max_pool2d_gather", x, g, [&](auto zero, auto place) {
    using T = decltype(zero);
    using Routing = decltype(place);
    const int64_t channels = g.channels;
    const T* images = x.data<T>();
    const auto* routes = routing.data<Routing>();
    T* outputs = result.mutable_data<T>();
    for_each_line(g, [&](int64_t n, int64_t oy) {
      for (int64_t ox = 0; ox < g.out_w; ++ox) {
        const int64_t at = ((n * g.out_h + oy) * g.out_w + ox) * g.channels;
        const Routing* route = routes + at;
        T* __restrict y = outputs + at;
        std::fill_n(y, g.channels, T{0});
        for_each_tap(g, oy, ox, [&](int64_t tap, int64_t offset) {
          const T* from = images + n * g.height * g.width * g.channels + offset;
          for (int64_t c = 0; c < channels; ++c) {
            const T value = from[c], before = y[c];
            y[c] = route[c] == static_cast<Routing>(tap) ? value : before;
          }
        });
      }
    });
  });
  return result;
}

Tensor max_pool2d_scatter(const Tensor& dy, const Tensor& routing, const Pool2dGeometry& g) {
  check_shape("max_pool2d_scatter", "dy", dy, g.y_shape());
  check_routing("max_pool2d_scatter", routing, g);
  Tensor result = Tensor::uninitialized(g.x_shape(), dy.dtype());
  dispatch_routed("max_pool2d_scatter", dy, g, [&](auto zero, auto place) {
    using T = decltype(zero);
    using Routing = decltype(place);
    const int64_t channels = g.channels;
    const T* gradients = dy.data<T>();
    const auto* routes = routing.data<Routing>();
    T* inputs = result.mutable_data<T>();
    for_each_image(g, [&](int64_t n) {
      const int64_t image = g.height * g.width * g.channels, out_image = g.out_h * g.out_w * g.channels;
      T* dx = inputs + n * image;
      const T* gradient = gradients + n * out_image;
      const Routing* route = routes + n * out_image;
      if constexpr (std::is_same_v<Routing, uint8_t>) {
        if (is_two_by_two(g.options)) {
          scatter_two_by_two(g, gradient, route, dx);
          return;
        }
      }
      std::fill_n(dx, image, T{0});
      for (int64_t i = 0; i < g.out_h * g.out_w; ++i, gradient += g.channels, route += g.channels) {
        for_each_tap(g, i / g.out_w, i % g.out_w, [&](int64_t tap, int64_t offset) {
          T* __restrict to = dx + offset;
          for (int64_t c = 0; c < channels; ++c) {
            const T value = gradient[c];
            to[c] += route[c] == static_cast<Routing>(tap) ? value : T{0};
          }
        });
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels
