// All three sums run over pairs (input pixel, output pixel) that meet under a tap of the kernel: y sums over the taps
// of an output, dx over the taps of an input, dw over the outputs of a tap. The article's network has no such layer.
#include "gibbs/tensor/kernels/convolution/depthwise.h"

#include <algorithm>
#include <vector>

#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/detail/partial_sums.h"
#include "gibbs/tensor/kernels/simd/lanes.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::depthwise {
namespace {

using std::int64_t;

constexpr int64_t kPieceWork = 1 << 16;  // multiply-adds that are worth a piece of a parallel loop

/// Lines of so many pixels that make up a piece.
int64_t lines_of_piece(const Conv2dGeometry& g, int64_t width) {
  return ceil_div(kPieceWork, std::max<int64_t>(width * g.kernel_h * g.kernel_w * g.channels, 1));
}

/// One axis of the convolution.
struct Axis {
  int64_t in, out, kernel, stride, dilation, pad;

  static Axis vertical(const Conv2dGeometry& g) {
    return {g.height, g.out_h, g.kernel_h, g.options.stride_h, g.options.dilation_h, g.options.pads.top};
  }
  static Axis horizontal(const Conv2dGeometry& g) {
    return {g.width, g.out_w, g.kernel_w, g.options.stride_w, g.options.dilation_w, g.options.pads.left};
  }
  /// The input under a tap of this output; -1 in the padding.
  int64_t input_of(int64_t output, int64_t tap) const {
    const int64_t i = output * stride + tap * dilation - pad;
    return 0 <= i && i < in ? i : -1;
  }
  /// The output whose tap this input is under; -1 if there is none.
  int64_t output_of(int64_t input, int64_t tap) const {
    const int64_t strides = input + pad - tap * dilation;
    return strides >= 0 && strides % stride == 0 && strides / stride < out ? strides / stride : -1;
  }
};

/// Calls body(c, lanes) for vectors of channels, and for the channels that are left one by one.
template <class T, class Body>
void for_channels(int64_t channels, Body body) {
  constexpr int kWide = kWidth<T>;
  int64_t c = 0;
  for (; c + kWide <= channels; c += kWide) {
    body.template operator()<kWide>(c);
  }
  for (; c < channels; ++c) {
    body.template operator()<1>(c);
  }
}

/// Neighbours on a line that are computed together, so that a weight is read once for all of them.
constexpr int kTogether = 4;

/// to[pixel] = sum over the taps of from[partner(pixel, tap)] * w[tap]; partner works along one axis, and is -1 for
/// none.
template <class T, class Partner>
class TapSum {
 public:
  TapSum(const Conv2dGeometry& g, const Shape& to_shape, const Shape& from_shape, const T* w, Partner partner)
      : g_(g),
        rows_(to_shape[1]),
        columns_(to_shape[2]),
        from_line_(from_shape[2] * g.channels),
        from_image_(from_shape[1] * from_line_),
        w_(w),
        partner_(partner) {}

  void line(int64_t line, const T* from, T* to) {
    const T* image = from + line / rows_ * from_image_;
    T* pixel = to + line * columns_ * g_.channels;
    for (int64_t column = 0; column < columns_;) {
      find_pairs(image, line % rows_, column);
      const int64_t step = step_to_neighbour(column);
      const int count = step > 0 ? kTogether : 1;
      for_channels<T>(g_.channels, [&]<int L>(int64_t c) {
        count > 1 ? sum<kTogether, L>(c, step * g_.channels, pixel) : sum<1, L>(c, 0, pixel);
      });
      column += count;
      pixel += count * g_.channels;
    }
  }

 private:
  struct Pair {
    const T *from, *w;
  };

  /// What meets pixel (row, column) under the taps.
  void find_pairs(const T* image, int64_t row, int64_t column) {
    pairs_.clear();
    for (int64_t ky = 0; ky < g_.kernel_h; ++ky) {
      const int64_t y = partner_(down_, row, ky);
      for (int64_t kx = 0; y >= 0 && kx < g_.kernel_w; ++kx) {
        const int64_t x = partner_(across_, column, kx);
        if (x >= 0) {
          pairs_.push_back({image + y * from_line_ + x * g_.channels, w_ + (ky * g_.kernel_w + kx) * g_.channels});
        }
      }
    }
  }

  /// How far the partners move from one pixel to the next if all of the next kTogether pixels have the same taps, else
  /// 0.
  int64_t step_to_neighbour(int64_t column) const {
    if (column + kTogether > columns_) {
      return 0;
    }
    int64_t step = 0;
    for (int64_t kx = 0; kx < g_.kernel_w; ++kx) {
      const int64_t first = partner_(across_, column, kx);
      for (int64_t i = 1; i < kTogether; ++i) {
        const int64_t other = partner_(across_, column + i, kx);
        if ((first < 0) != (other < 0)) {
          return 0;
        }
        step = first < 0 ? step : (other - first) / i;
      }
    }
    return step;
  }

  /// Channels c ... c + L - 1 of so many pixels.
  template <int count, int L>
  void sum(int64_t c, int64_t step, T* pixel) const {
    Lanes<T, L> sums[count] = {};
    for (const Pair& pair : pairs_) {
      const Lanes<T, L> w = lanes<L>(pair.w + c);
      for (int i = 0; i < count; ++i) {
        sums[i] = fma(lanes<L>(pair.from + i * step + c), w, sums[i]);
      }
    }
    for (int i = 0; i < count; ++i) {
      lanes<L>(pixel + i * g_.channels + c) = sums[i];
    }
  }

  const Conv2dGeometry& g_;
  const Axis down_ = Axis::vertical(g_), across_ = Axis::horizontal(g_);
  int64_t rows_, columns_, from_line_, from_image_;
  const T* w_;
  Partner partner_;
  std::vector<Pair> pairs_;
};

template <class T, class Partner>
void sum_over_taps(const Conv2dGeometry& g, const Shape& to_shape, const Shape& from_shape, const T* from, const T* w,
                   T* to, Partner partner, const detail::Finish<T>& finish) {
  parallel_for(0, to_shape[0] * to_shape[1], lines_of_piece(g, to_shape[2]), [&](int64_t first, int64_t last) {
    TapSum<T, Partner> sum(g, to_shape, from_shape, w, partner);
    for (int64_t line = first; line < last; ++line) {
      sum.line(line, from, to);
    }
    const int64_t length = to_shape[2];
    finish(to + first * length * to_shape[3], (last - first) * length);
  });
}

/// Adds what output line `line` of all images' gives to dw.
template <class T>
void add_line(const Conv2dGeometry& g, const T* x, const T* dy, int64_t line, T* dw) {
  const Axis down = Axis::vertical(g), across = Axis::horizontal(g);
  const int64_t channels = g.channels;
  for (int64_t ky = 0; ky < g.kernel_h; ++ky) {
    const int64_t y = down.input_of(line % g.out_h, ky);
    for (int64_t kx = 0; y >= 0 && kx < g.kernel_w; ++kx) {
      int64_t first = 0, end = g.out_w;  // the outputs that see an input under this tap
      while (first < end && across.input_of(first, kx) < 0) {
        ++first;
      }
      while (first < end && across.input_of(end - 1, kx) < 0) {
        --end;
      }
      if (first == end) {
        continue;
      }
      const int64_t step = across.stride * channels;
      const T* inputs = x + ((line / g.out_h * g.height + y) * g.width + across.input_of(first, kx)) * channels;
      const T* outputs = dy + (line * g.out_w + first) * channels;
      T* sums = dw + (ky * g.kernel_w + kx) * channels;
      for_channels<T>(channels, [&]<int L>(int64_t c) {
        Lanes<T, L> even = {}, odd = {};  // two sums, which do not wait for each other
        const T *input = inputs + c, *output = outputs + c;
        int64_t count = end - first;
        for (; count > 1; count -= 2, input += 2 * step, output += 2 * channels) {
          even = fma(lanes<L>(input), lanes<L>(output), even);
          odd = fma(lanes<L>(input + step), lanes<L>(output + channels), odd);
        }
        if (count > 0) {
          even = fma(lanes<L>(input), lanes<L>(output), even);
        }
        lanes<L>(sums + c) += even + odd;
      });
    }
  }
}

}  // namespace

bool fits(const Conv2dGeometry& g) {
  return g.options.groups > 1 && g.options.groups == g.channels && g.filters == g.channels;
}

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const detail::Finish<T>& finish, T* y) {
  sum_over_taps(
      g, g.y_shape(), g.x_shape(), x, w, y,
      [](const Axis& axis, int64_t output, int64_t tap) { return axis.input_of(output, tap); }, finish);
}

template <class T>
void conv2d_dx(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  sum_over_taps(
      g, g.x_shape(), g.y_shape(), dy, w, dx,
      [](const Axis& axis, int64_t input, int64_t tap) { return axis.output_of(input, tap); }, detail::Finish<T>());
}

template <class T>
void conv2d_dw(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  const int64_t size = g.w_shape().numel(), lines = g.images * g.out_h;
  const int64_t slice = ceil_div(lines, slices_for(size * static_cast<int64_t>(sizeof(T))));
  sum_of_slices(ceil_div(lines, slice), size, dw, [&](T* sums) {
    parallel_for(0, lines, slice, [&](int64_t first, int64_t last) {
      T* slice_sums = sums + first / slice * size;
      std::fill_n(slice_sums, size, T{0});
      for (int64_t line = first; line < last; ++line) {
        add_line(g, x, dy, line, slice_sums);
      }
    });
  });
}

#define GIBBS_INSTANTIATE(T)                                                                     \
  template void conv2d(const Conv2dGeometry&, const T*, const T*, const detail::Finish<T>&, T*); \
  template void conv2d_dx(const Conv2dGeometry&, const T*, const T*, T*);                        \
  template void conv2d_dw(const Conv2dGeometry&, const T*, const T*, T*);
GIBBS_INSTANTIATE(float)
GIBBS_INSTANTIATE(double)
#undef GIBBS_INSTANTIATE

}  // namespace gibbs::kernels::depthwise
