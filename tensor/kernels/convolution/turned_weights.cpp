#include "gibbs/tensor/kernels/convolution/turned_weights.h"

#include <algorithm>
#include <vector>

#include "gibbs/tensor/kernels/convolution/phases.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/simd/transpose.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

constexpr int64_t kFilters = 64;         // that are turned at a time
constexpr int64_t kPieceSize = 1 << 14;  // numbers that are worth a piece of a parallel loop

/// Where in the weights each place of the turned ones comes from, in numbers of [C, O].
std::vector<int64_t> turned_places(const Conv2dGeometry& g) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < direct::phases(g); ++i) {
    const direct::Phase p = direct::phase(g, i);
    for (int64_t y = p.y.taps; y-- > 0;) {
      for (int64_t x = p.x.taps; x-- > 0;) {
        places.push_back((p.y.first_tap + y * g.options.stride_h) * g.kernel_w + p.x.first_tap +
                         x * g.options.stride_w);
      }
    }
  }
  return places;
}

}  // namespace

template <class T>
Tensor turned_weights(const Conv2dGeometry& g, const T* w) {
  Tensor turned = Tensor::uninitialized({g.kernel_h, g.kernel_w, g.filters, g.channels}, dtype_of<T>);
  T* to = turned.mutable_data<T>();
  const std::vector<int64_t> places = turned_places(g);
  const int64_t size = g.channels * g.filters, blocks = ceil_div(g.filters, kFilters);
  const int64_t grain = ceil_div(kPieceSize, std::max<int64_t>(kFilters * g.channels, 1));
  parallel_for(0, std::ssize(places) * blocks, grain, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t place = i / blocks, filter = i % blocks * kFilters;
      transpose_matrix(w + places[place] * size + filter, g.filters, g.channels, std::min(kFilters, g.filters - filter),
                       to + place * size + filter * g.channels, g.channels);
    }
  });
  return turned;
}

template Tensor turned_weights(const Conv2dGeometry&, const float*);
template Tensor turned_weights(const Conv2dGeometry&, const double*);

}  // namespace gibbs::kernels
