// Both directions walk the same runs: stretches of an image line that are contiguous in a row of the matrix too.
// A kernel line of C channels is one run when nothing separates its pixels; otherwise every pixel is a run.
#include "gibbs/tensor/kernels/convolution/im2col.h"

#include <algorithm>

namespace gibbs::kernels {
namespace {

using std::int64_t;

/// Calls inside(image offset, row offset, length) for the runs of one output pixel that lie in the image, and
/// outside(row offset, length) for those in the padding.
template <class Inside, class Outside>
void for_each_run(const Conv2dGeometry& g, int64_t group, int64_t line, int64_t ox, Inside inside, Outside outside) {
  const Conv2dOptions& o = g.options;
  const int64_t channels = g.channels / o.groups, kernel_line = g.kernel_w * channels;
  const int64_t image = line / g.out_h * g.height, top = line % g.out_h * o.stride_h - o.pads.top;
  const int64_t left = ox * o.stride_w - o.pads.left;
  const bool whole_line = o.groups == 1 && o.dilation_w == 1 && left >= 0 && left + g.kernel_w <= g.width;
  for (int64_t ky = 0; ky < g.kernel_h; ++ky) {
    const int64_t y = top + ky * o.dilation_h, row = ky * kernel_line;
    if (y < 0 || y >= g.height) {
      outside(row, kernel_line);
      continue;
    }
    const int64_t image_line = (image + y) * g.width;
    if (whole_line) {
      inside((image_line + left) * channels, row, kernel_line);
      continue;
    }
    for (int64_t kx = 0; kx < g.kernel_w; ++kx) {
      const int64_t x = left + kx * o.dilation_w;
      if (x < 0 || x >= g.width) {
        outside(row + kx * channels, channels);
      } else {
        inside((image_line + x) * g.channels + group * channels, row + kx * channels, channels);
      }
    }
  }
}

}  // namespace

bool rows_are_the_images(const Conv2dGeometry& g) {
  return g.kernel_h == 1 && g.kernel_w == 1 && g.out_h == g.height && g.out_w == g.width && g.options.stride_h == 1 &&
         g.options.stride_w == 1 && g.options.pads.top == 0 && g.options.pads.left == 0;
}

template <class T>
void im2col(const Conv2dGeometry& g, int64_t group, const T* x, int64_t first, int64_t last, T* rows) {
  const int64_t length = row_length(g);
  for (int64_t line = first; line < last; ++line) {
    for (int64_t ox = 0; ox < g.out_w; ++ox, rows += length) {
      for_each_run(
          g, group, line, ox, [&](int64_t from, int64_t to, int64_t count) { std::copy_n(x + from, count, rows + to); },
          [&](int64_t to, int64_t count) { std::fill_n(rows + to, count, T{0}); });
    }
  }
}

template <class T>
void col2im(const Conv2dGeometry& g, int64_t group, const T* rows, int64_t first, int64_t last, T* dx) {
  const int64_t length = row_length(g);
  for (int64_t line = first; line < last; ++line) {
    for (int64_t ox = 0; ox < g.out_w; ++ox, rows += length) {
      for_each_run(
          g, group, line, ox,
          [&](int64_t to, int64_t from, int64_t count) {
            T* __restrict sum = dx + to;
            const T* term = rows + from;
            for (int64_t i = 0; i < count; ++i) {
              sum[i] += term[i];
            }
          },
          [](int64_t, int64_t) {});
    }
  }
}

template void im2col(const Conv2dGeometry&, int64_t, const float*, int64_t, int64_t, float*);
template void im2col(const Conv2dGeometry&, int64_t, const double*, int64_t, int64_t, double*);
template void col2im(const Conv2dGeometry&, int64_t, const float*, int64_t, int64_t, float*);
template void col2im(const Conv2dGeometry&, int64_t, const double*, int64_t, int64_t, double*);

}  // namespace gibbs::kernels
