// Direct convolution. On NHWC images, everything an output pixel looks at on one image line is contiguous, and so are
// the filters of one weight. So each of the three products is a sum that register_block.h computes in place:
//   y[pixel, filter]  = sum over kernel lines, and over the line's kw * C elements, of x * w
//   dw[k, filter]     = sum over output lines, and over the line's pixels, of x * dy, for kw * C contiguous k at a time
//   dx                = a forward convolution of dy, padded, with the weights turned around
//                       (with a stride several of them: see phases.h)
// Padding is copied: a piece of work is a band of output lines whose input, if padded, is laid out in the cache first.
#include "gibbs/tensor/kernels/convolution/direct.h"

#include <algorithm>

#include "gibbs/tensor/kernels/convolution/im2col.h"
#include "gibbs/tensor/kernels/convolution/phases.h"
#include "gibbs/tensor/kernels/convolution/turned_weights.h"
#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/detail/partial_sums.h"
#include "gibbs/tensor/kernels/simd/register_block.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::direct {
namespace {

using std::int64_t;

constexpr int64_t kBandBytes = 1 << 16;    // of input or output in one band, about
constexpr int64_t kWeightBytes = 3 << 18;  // of the weights one block reads: they must stay in the second-level cache
// What is convolved directly follows from shapes: the widest vectors there are decide, not this machine's.
constexpr int64_t kWidestBlockBytes = 256;
template <class T>
constexpr int64_t kFilterMultiple = 64 / sizeof(T);
constexpr int64_t kEnoughTasks = 16;
constexpr int64_t kPieceWork = 1 << 20;  // multiply-adds that are worth a piece of a parallel loop

/// Output lines of all images, cut into bands that do not cross images.
class Bands {
 public:
  template <class T>
  static Bands of(const Conv2dGeometry& g) {
    const int64_t line = std::max(g.width * g.channels * g.options.stride_h, g.out_w * g.filters);
    const int64_t fitting = kBandBytes / std::max<int64_t>(line * static_cast<int64_t>(sizeof(T)), 1);
    const int64_t wanted = ceil_div(g.out_h, std::clamp<int64_t>(fitting, 4, 64));
    return Bands(g, ceil_div(g.out_h, wanted));
  }
  int64_t count() const { return g_.images * per_image_; }
  int64_t image(int64_t band) const { return band / per_image_; }
  int64_t first_line(int64_t band) const { return band % per_image_ * lines_; }
  int64_t lines(int64_t band) const { return std::min(lines_, g_.out_h - first_line(band)); }
  int64_t most_lines() const { return lines_; }

 private:
  Bands(const Conv2dGeometry& g, int64_t lines) : g_(g), lines_(lines), per_image_(ceil_div(g.out_h, lines)) {}

  Conv2dGeometry g_;
  int64_t lines_, per_image_;
};

bool is_padded(const Conv2dGeometry& g) {
  const Pads& p = g.options.pads;
  return p.top != 0 || p.bottom != 0 || p.left != 0 || p.right != 0;
}

/// The input of a band of output lines, padding included. Padding by less than 0 cuts off.
template <class T>
class BandInput {
 public:
  BandInput(const Conv2dGeometry& g, const Bands& bands) : g_(g) {
    line_ = (is_padded(g) ? g.width + g.options.pads.left + g.options.pads.right : g.width) * g.channels;
    if (is_padded(g)) {
      const int64_t lines = (bands.most_lines() - 1) * g.options.stride_h + g.kernel_h;
      buffer_ = Buffer<T>(lines * line_);
    }
  }

  /// Elements from one line to the next.
  int64_t line() const { return line_; }

  /// The first of `lines` output lines' input lines, from the image x.
  const T* of(const T* x, int64_t first_line, int64_t lines) const {
    const Pads& pads = g_.options.pads;
    const int64_t top = first_line * g_.options.stride_h - pads.top, row = g_.width * g_.channels;
    if (!is_padded(g_)) {
      return x + top * row;
    }
    T* to = buffer_.data();
    const int64_t count = (lines - 1) * g_.options.stride_h + g_.kernel_h;
    for (int64_t y = top; y < top + count; ++y, to += line_) {
      if (y < 0 || y >= g_.height) {
        std::fill_n(to, line_, T{0});
        continue;
      }
      const int64_t zeros = std::max<int64_t>(pads.left, 0) * g_.channels, cut = zeros - pads.left * g_.channels;
      T* after = std::copy_n(x + y * row + cut, row - cut, std::fill_n(to, zeros, T{0}));
      std::fill(after, to + line_, T{0});
    }
    return buffer_.data();
  }

 private:
  const Conv2dGeometry& g_;
  Buffer<T> buffer_;
  int64_t line_;
};

/// Filters are taken kMostVectors vectors at a time.
template <class T>
constexpr int64_t kFilterBlock = kMostVectors* kLanes<T>;

template <class T>
int vectors_of_block(const Conv2dGeometry& g, int64_t first_filter) {
  return static_cast<int>(std::min(kFilterBlock<T>, g.filters - first_filter) / kLanes<T>);
}

/// Where results go, and how many elements images, lines and pixels are apart.
template <class T>
struct Output {
  T* data;
  int64_t image, line, pixel;

  static Output dense(const Conv2dGeometry& g, T* y) {
    return {y, g.out_h * g.out_w * g.filters, g.out_w * g.filters, g.filters};
  }
};

/// Two output lines, one vector of filters: every line of x but the outer two is needed for both, so that each x that
/// is read is used twice. One vector alone would wait for the reading.
template <class T>
void forward_two_lines(const Sum& sum, int64_t places, const T* x, const T* w, T* y, int64_t y_line) {
  for (int64_t place = 0; place < places; ++place) {
    std::fill_n(y + y_line + place * sum.y_place, kLanes<T>, T{0});
  }
  Sum one = sum, both = sum;
  one.segments = 1;
  both.segments = sum.segments - 1;
  both.accumulate = true;
  both.w_vector = -sum.w_segment;  // the second line meets the weights one line later
  both.y_vector = y_line;
  block_rows(1, one, places, x, w, y);
  block_pairs(both, places, x + sum.x_segment, w + sum.w_segment, y);
  one.accumulate = true;
  block_rows(1, one, places, x + sum.segments * sum.x_segment, w + both.segments * sum.w_segment, y + y_line);
}

template <class T>
void conv2d_band(const Conv2dGeometry& g, const T* x, int64_t x_line, int64_t lines, const T* w, const Output<T>& y) {
  const int64_t kernel_line = g.kernel_w * g.channels;
  const Sum sum{.segments = g.kernel_h,
                .steps = kernel_line,
                .x_segment = x_line,
                .x_place = g.options.stride_w * g.channels,
                .x_step = 1,
                .w_segment = kernel_line * g.filters,
                .w_step = g.filters,
                .y_place = y.pixel,
                .accumulate = false};
  for (int64_t filter = 0; filter < g.filters; filter += kFilterBlock<T>) {
    const int vectors = vectors_of_block<T>(g, filter);
    const bool in_pairs = vectors == 1 && g.options.stride_h == 1 && g.kernel_h > 2;
    for (int64_t line = 0; line < lines;) {
      const T* line_x = x + line * g.options.stride_h * x_line;
      T* line_y = y.data + line * y.line + filter;
      if (in_pairs && line + 1 < lines) {
        forward_two_lines(sum, g.out_w, line_x, w + filter, line_y, y.line);
        line += 2;
      } else {
        block_rows(vectors, sum, g.out_w, line_x, w + filter, line_y);
        ++line;
      }
    }
  }
}

/// Output bands [first, last), one after the other. What `finish` does something to is dense.
template <class T>
void conv2d_bands(const Conv2dGeometry& g, const Bands& bands, int64_t first, int64_t last, const T* x, const T* w,
                  const Output<T>& y, const detail::Finish<T>& finish) {
  const BandInput<T> input(g, bands);
  for (int64_t band = first; band < last; ++band) {
    const int64_t image = bands.image(band), line = bands.first_line(band), lines = bands.lines(band);
    Output<T> band_y = y;
    band_y.data += image * y.image + line * y.line;
    conv2d_band(g, input.of(x + image * g.height * g.width * g.channels, line, lines), input.line(), lines, w, band_y);
    finish(band_y.data, lines * g.out_w);
  }
}

/// Adds a band's part of dw for one block of filters, or writes it.
template <class T>
void conv2d_dw_band(const Conv2dGeometry& g, const T* x, int64_t x_line, int64_t lines, const T* dy, int64_t filter,
                    bool accumulate, T* dw) {
  const int64_t kernel_line = g.kernel_w * g.channels;
  const Sum sum{.segments = lines,
                .steps = g.out_w,
                .x_segment = g.options.stride_h * x_line,
                .x_place = 1,
                .x_step = g.options.stride_w * g.channels,
                .w_segment = g.out_w * g.filters,
                .w_step = g.filters,
                .y_place = g.filters,
                .accumulate = accumulate};
  for (int64_t ky = 0; ky < g.kernel_h; ++ky) {
    block_rows(vectors_of_block<T>(g, filter), sum, kernel_line, x + ky * x_line, dy + filter,
               dw + ky * kernel_line * g.filters + filter);
  }
}

/// The sum over bands [first, last) for filters [begin, end), whole blocks, written to dw, or added to it.
template <class T>
void conv2d_dw_bands(const Conv2dGeometry& g, const Bands& bands, int64_t first, int64_t last, const T* x, const T* dy,
                     int64_t begin, int64_t end, bool accumulate, T* dw) {
  const BandInput<T> input(g, bands);
  for (int64_t band = first; band < last; ++band) {
    const int64_t image = bands.image(band), line = bands.first_line(band), lines = bands.lines(band);
    const T* band_x = input.of(x + image * g.height * g.width * g.channels, line, lines);
    const T* band_dy = dy + (image * g.out_h + line) * g.out_w * g.filters;
    for (int64_t filter = begin; filter < end; filter += kFilterBlock<T>) {
      conv2d_dw_band(g, band_x, input.line(), lines, band_dy, filter, accumulate || band > first, dw);
    }
  }
}

/// All bands, in parallel.
template <class T>
void forward_to(const Conv2dGeometry& g, const T* x, const T* w, const Output<T>& y, const detail::Finish<T>& finish) {
  const Bands bands = Bands::of<T>(g);
  const int64_t work = bands.most_lines() * g.out_w * row_length(g) * g.filters;
  parallel_for(0, bands.count(), ceil_div(kPieceWork, work),
               [&](int64_t first, int64_t last) { conv2d_bands(g, bands, first, last, x, w, y, finish); });
}

/// Where the results of a phase go.
template <class T>
Output<T> phase_output(const Conv2dGeometry& g, const Phase& p, T* dx) {
  const int64_t line = g.width * g.channels;
  return {dx + p.y.first * line + p.x.first * g.channels, g.height * line, g.options.stride_h * line,
          g.options.stride_w * g.channels};
}

/// convolve(geometry, weights, output) for each phase of dx that has weights; the others are filled with zeros.
template <class T, class Convolve>
void for_phases(const Conv2dGeometry& g, const T* turned_w, T* dx, Convolve convolve) {
  if (g.options.stride_h > g.kernel_h || g.options.stride_w > g.kernel_w) {
    const int64_t image = g.height * g.width * g.channels;
    parallel_for(0, g.images, 1,
                 [&](int64_t first, int64_t last) { std::fill(dx + first * image, dx + last * image, T{0}); });
  }
  for (int64_t i = 0; i < phases(g); ++i) {
    const Phase p = phase(g, i);
    if (!p.is_empty() && !p.is_zero()) {
      convolve(p.convolution(g), turned_w, phase_output(g, p, dx));
    }
    turned_w += p.y.taps * p.x.taps * g.filters * g.channels;
  }
}

}  // namespace

template <class T>
bool fits(const Conv2dGeometry& g) {
  const Conv2dOptions& o = g.options;
  const int64_t block_bytes = row_length(g) * kWidestBlockBytes;
  return o.groups == 1 && o.dilation_h == 1 && o.dilation_w == 1 && g.channels > 0 && g.filters > 0 &&
         g.filters % kFilterMultiple<T> == 0 && block_bytes <= kWeightBytes;
}

template <class T>
bool dx_fits(const Conv2dGeometry& g) {
  const Conv2dOptions& o = g.options;
  if (o.groups != 1 || o.dilation_h != 1 || o.dilation_w != 1) {
    return false;
  }
  for (int64_t i = 0; i < phases(g); ++i) {
    const Phase p = phase(g, i);
    if (!p.is_empty() && !p.is_zero() && !fits<T>(p.convolution(g))) {
      return false;
    }
  }
  return true;
}

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const detail::Finish<T>& finish, T* y) {
  forward_to(g, x, w, Output<T>::dense(g, y), finish);
}

template <class T>
void conv2d_image(const Conv2dGeometry& one, const T* x, const T* w, T* y) {
  const Bands bands = Bands::of<T>(one);
  conv2d_bands(one, bands, 0, bands.count(), x, w, Output<T>::dense(one, y), detail::Finish<T>());
}

template <class T>
void conv2d_dx(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  const Tensor turned = turned_weights(g, w);
  for_phases(g, turned.data<T>(), dx, [&](const Conv2dGeometry& convolution, const T* turned_w, const Output<T>& to) {
    forward_to(convolution, dy, turned_w, to, detail::Finish<T>());
  });
}

template <class T>
void conv2d_dx_image(const Conv2dGeometry& one, const T* dy, const T* turned_w, T* dx) {
  for_phases(one, turned_w, dx, [&](const Conv2dGeometry& convolution, const T* w, const Output<T>& to) {
    const Bands bands = Bands::of<T>(convolution);
    conv2d_bands(convolution, bands, 0, bands.count(), dy, w, to, detail::Finish<T>());
  });
}

template <class T>
void conv2d_dw(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  const Bands bands = Bands::of<T>(g);
  const int64_t size = g.w_shape().numel(), blocks = ceil_div(g.filters, kFilterBlock<T>);
  const int64_t slice_bands = ceil_div(bands.count(), slices_for(size * static_cast<int64_t>(sizeof(T))));
  const int64_t slices = ceil_div(bands.count(), slice_bands);
  // A task takes as many filters as leaves enough tasks, since each task reads its slice of x.
  const int64_t task_filters = ceil_div(blocks * slices, kEnoughTasks) * kFilterBlock<T>;
  const int64_t tasks = ceil_div(g.filters, task_filters);
  sum_of_slices(slices, size, dw, [&](T* sums) {
    parallel_for(0, slices * tasks, 1, [&](int64_t first_task, int64_t last_task) {
      for (int64_t task = first_task; task < last_task; ++task) {
        const int64_t slice = task / tasks, begin = task % tasks * task_filters;
        conv2d_dw_bands(g, bands, slice * slice_bands, std::min((slice + 1) * slice_bands, bands.count()), x, dy, begin,
                        std::min(begin + task_filters, g.filters), false, sums + slice * size);
      }
    });
  });
}

template <class T>
void conv2d_dw_image(const Conv2dGeometry& one, const T* x, const T* dy, bool accumulate, T* dw) {
  const Bands bands = Bands::of<T>(one);
  conv2d_dw_bands(one, bands, 0, bands.count(), x, dy, 0, one.filters, accumulate, dw);
}

#define GIBBS_INSTANTIATE(T)                                                                     \
  template bool fits<T>(const Conv2dGeometry&);                                                  \
  template bool dx_fits<T>(const Conv2dGeometry&);                                               \
  template void conv2d(const Conv2dGeometry&, const T*, const T*, const detail::Finish<T>&, T*); \
  template void conv2d_dx(const Conv2dGeometry&, const T*, const T*, T*);                        \
  template void conv2d_dw(const Conv2dGeometry&, const T*, const T*, T*);                        \
  template void conv2d_image(const Conv2dGeometry&, const T*, const T*, T*);                     \
  template void conv2d_dw_image(const Conv2dGeometry&, const T*, const T*, bool, T*);            \
  template void conv2d_dx_image(const Conv2dGeometry&, const T*, const T*, T*);
GIBBS_INSTANTIATE(float)
GIBBS_INSTANTIATE(double)
#undef GIBBS_INSTANTIATE

}  // namespace gibbs::kernels::direct
