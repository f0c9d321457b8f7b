// The sixteen matrix products run through register_block.h, like the direct convolution's sums; around them stand the
// four small transforms and their transposes, each a few additions on vectors of channels.
#include "gibbs/tensor/kernels/convolution/winograd.h"

#include <algorithm>

#include "gibbs/tensor/kernels/convolution/phases.h"
#include "gibbs/tensor/kernels/convolution/turned_weights.h"
#include "gibbs/tensor/kernels/convolution/winograd_transforms.h"
#include "gibbs/tensor/kernels/detail/ceil_div.h"
#include "gibbs/tensor/kernels/detail/partial_sums.h"
#include "gibbs/tensor/kernels/simd/register_block.h"
#include "gibbs/tensor/kernels/simd/transpose.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels::winograd {
namespace {

using direct::block_rows, direct::kMostVectors, direct::Sum;
using std::int64_t;

constexpr int64_t kBlockBytes = 1 << 19;  // of transformed tiles at a time: half of a second-level cache
constexpr int64_t kPlanes = 16, kTilesOfPiece = 16;
constexpr int64_t kWeightsOfPiece = 1 << 13;
constexpr int64_t kTilesOfSum = 128;        // whose columns, a vector wide, stay in the first-level cache
constexpr int64_t kManyBytes = 1 << 22;     // of transformed tiles, where the weights are large
constexpr int64_t kSmallWeights = 1 << 20;  // bytes of transformed ones that every block of tiles may read

/// Tiles that make transforming large weights worth it.
constexpr int64_t kManyTiles = 64;

/// The gradient of the input is a convolution of dy, with the weights turned around.
Conv2dGeometry input_gradient(const Conv2dGeometry& g) { return direct::phase(g, 0).convolution(g); }

TileGrid whole_grid(const Conv2dGeometry& g) { return {ceil_div(g.out_h, 2), ceil_div(g.out_w, 2)}; }

/// Calls copy(pixel of the images' outputs, pixel of z) for those of the tiles' pixels that are outputs.
template <class Copy>
void pair_outputs(const Conv2dGeometry& g, const TileGrid& grid, int64_t first, int64_t count, Copy copy) {
  for (int64_t t = 0; t < count; ++t) {
    const int64_t image = (first + t) / grid.count(), tile = (first + t) % grid.count();
    for (int64_t pixel = 0; pixel < 4; ++pixel) {
      const int64_t y = tile / grid.columns * 2 + pixel / 2, x = tile % grid.columns * 2 + pixel % 2;
      if (y < g.out_h && x < g.out_w) {
        copy((image * g.out_h + y) * g.out_w + x, t * 4 + pixel);
      }
    }
  }
}

/// y = the matrix products x w of all planes: x [rows, sum.steps], w [sum.steps, sum.w_step].
template <class T>
void multiply(const Sum& sum, int64_t rows, const T* x, int64_t x_plane, const T* w, int64_t w_plane, T* y,
              int64_t y_plane) {
  constexpr int64_t kColumns = kMostVectors * kWidth<T>;
  parallel_for(0, kPlanes, 1, [&](int64_t p, int64_t) {
    for (int64_t column = 0; column < sum.w_step; column += kColumns) {
      const auto vectors = static_cast<int>(std::min(kColumns, sum.w_step - column) / kWidth<T>);
      block_rows(vectors, sum, rows, x + p * x_plane, w + p * w_plane + column, y + p * y_plane + column);
    }
  });
}

}  // namespace

bool fits(const Conv2dGeometry& g, DType dtype) {
  constexpr int64_t kMultiple = 16;  // whole vectors on every machine: the method follows from shapes
  const Conv2dOptions& o = g.options;
  const Pads& pads = o.pads;
  return dtype == DType::float32 && g.kernel_h == 3 && g.kernel_w == 3 && o.stride_h == 1 && o.stride_w == 1 &&
         o.dilation_h == 1 && o.dilation_w == 1 && o.groups == 1 && g.images > 0 && g.channels > 16 &&
         g.channels % kMultiple == 0 && g.filters > 0 && g.filters % kMultiple == 0 &&
         std::min(g.out_h, g.out_w) >= 4 && std::max({pads.top, pads.bottom, pads.left, pads.right}) < 3 &&
         (!weights_are_large(g) || g.images * whole_grid(g).count() >= kManyTiles);
}

bool dx_fits(const Conv2dGeometry& g, DType dtype) { return fits(g, dtype) && fits(input_gradient(g), dtype); }

bool weights_are_large(const Conv2dGeometry& g) {
  return kPlanes * g.channels * g.filters * static_cast<int64_t>(sizeof(float)) > kSmallWeights;
}

std::int64_t tiles_at_a_time(const Conv2dGeometry& g) {
  const int64_t tile_bytes = kPlanes * (g.channels + g.filters) * static_cast<int64_t>(sizeof(float));
  return weights_are_large(g) ? std::max<int64_t>(kManyBytes / tile_bytes, 16)
                              : std::clamp<int64_t>(kBlockBytes / tile_bytes, 16, 128);
}

template <class T>
TileBlock<T>::TileBlock(const Conv2dGeometry& g, const TileGrid& grid, int64_t most)
    : g_(g),
      grid_(grid),
      // A vector more than needed: planes a power of two apart would all compete for the same places in the cache.
      inputs_plane_(most * g.channels + kWidth<T>),
      outputs_plane_(most * g.filters + kWidth<T>),
      buffer_(kPlanes * (inputs_plane_ + outputs_plane_)),
      inputs_(buffer_.data()),
      outputs_(inputs_ + kPlanes * inputs_plane_) {}

template <class T>
template <class Visit>
void TileBlock<T>::visit_inputs(int64_t tile, Visit visit) const {
  const int64_t image = tile / grid_.count(), in_image = tile % grid_.count();
  const int64_t top = in_image / grid_.columns * 2 - g_.options.pads.top;
  const int64_t left = in_image % grid_.columns * 2 - g_.options.pads.left;
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      const int64_t y = top + i, x = left + j;
      const bool inside = 0 <= y && y < g_.height && 0 <= x && x < g_.width;
      visit(i, j, inside ? (image * g_.height + y) * g_.width + x : -1);
    }
  }
}

template <class T>
template <class Body>
void TileBlock<T>::for_tiles(Body body) const {
  parallel_for(0, count_, kTilesOfPiece, [&body](int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      body(t);
    }
  });
}

template <class T>
void TileBlock<T>::read(const T* x) {
  const int64_t channels = g_.channels, line = g_.width * channels;
  for_tiles([&](int64_t t) {
    const T* pixels[4][4];
    visit_inputs(first_ + t,
                 [&](int i, int j, int64_t pixel) { pixels[i][j] = pixel < 0 ? nullptr : x + pixel * channels; });
    const auto transform = [&](auto pixel) {  // pixel(i, j, c): channels c ... of an input
      for (int64_t c = 0; c < channels; c += kWidth<T>) {
        Vector<T> d[4][4];
#pragma GCC unroll 16
        for (int p = 0; p < kPlanes; ++p) {
          d[p / 4][p % 4] = pixel(p / 4, p % 4, c);
        }
        on_columns_then_rows<T>(d, 4, 4, apply_b<T>);
        store<T>(d, inputs_ + t * channels + c, inputs_plane_);
      }
    };
    const T* corner = pixels[0][0];
    if (corner != nullptr && pixels[3][3] != nullptr) {
      transform([=](int i, int j, int64_t c) { return vector_at(corner + i * line + j * channels + c); });
    } else {
      transform(
          [&](int i, int j, int64_t c) { return pixels[i][j] != nullptr ? vector_at(pixels[i][j] + c) : Vector<T>{}; });
    }
  });
}

template <class T>
void TileBlock<T>::outputs(const T* u, T* z) {
  const int64_t filters = g_.filters;
  const Sum sum{.segments = 1,
                .steps = g_.channels,
                .x_segment = 0,
                .x_place = g_.channels,
                .x_step = 1,
                .w_segment = 0,
                .w_step = filters,
                .y_place = filters,
                .accumulate = false};
  multiply(sum, count_, inputs_, inputs_plane_, u, g_.channels * filters, outputs_, outputs_plane_);
  for_tiles([&](int64_t t) {
    for (int64_t f = 0; f < filters; f += kWidth<T>) {
      Vector<T> m[4][4];
      load<T>(outputs_ + t * filters + f, outputs_plane_, m);
      on_columns_then_rows<T>(m, 4, 2, apply_a<T>);
      for (int pixel = 0; pixel < 4; ++pixel) {
        vector_at(z + (t * 4 + pixel) * filters + f) = m[pixel / 2][pixel % 2];
      }
    }
  });
}

template <class T>
void TileBlock<T>::read_gradients(const T* dz) {
  const int64_t filters = g_.filters;
  for_tiles([&](int64_t t) {
    for (int64_t f = 0; f < filters; f += kWidth<T>) {
      Vector<T> m[4][4];
      for (int pixel = 0; pixel < 4; ++pixel) {
        m[pixel / 2][pixel % 2] = vector_at(dz + (t * 4 + pixel) * filters + f);
      }
      on_columns_then_rows<T>(m, 2, 4, apply_a_transposed<T>);
      store<T>(m, outputs_ + t * filters + f, outputs_plane_);
    }
  });
}

template <class T>
void TileBlock<T>::weights(bool accumulate, T* du) {
  for (int64_t first = 0; first < count_; first += kTilesOfSum) {
    const Sum sum{.segments = 1,
                  .steps = std::min(kTilesOfSum, count_ - first),
                  .x_segment = 0,
                  .x_place = 1,
                  .x_step = g_.channels,
                  .w_segment = 0,
                  .w_step = g_.filters,
                  .y_place = g_.filters,
                  .accumulate = accumulate || first > 0};
    multiply(sum, g_.channels, inputs_ + first * g_.channels, inputs_plane_, outputs_ + first * g_.filters,
             outputs_plane_, du, g_.channels * g_.filters);
  }
}

template <class T>
void TileBlock<T>::add_inputs(const T* u, T* dx) {
  const int64_t channels = g_.channels;
  const Sum sum{.segments = 1,
                .steps = g_.filters,
                .x_segment = 0,
                .x_place = g_.filters,
                .x_step = 1,
                .w_segment = 0,
                .w_step = channels,
                .y_place = channels,
                .accumulate = false};
  multiply(sum, count_, outputs_, outputs_plane_, u, g_.filters * channels, inputs_, inputs_plane_);
  const auto add_tile = [&](int64_t t) {
    T* pixels[4][4];
    visit_inputs(first_ + t,
                 [&](int i, int j, int64_t pixel) { pixels[i][j] = pixel < 0 ? nullptr : dx + pixel * channels; });
    for (int64_t c = 0; c < channels; c += kWidth<T>) {
      Vector<T> d[4][4];
      load<T>(inputs_ + t * channels + c, inputs_plane_, d);
      on_columns_then_rows<T>(d, 4, 4, apply_b_transposed<T>);
#pragma GCC unroll 16
      for (int p = 0; p < kPlanes; ++p) {
        if (T* pixel = pixels[p / 4][p % 4]) {
          vector_at(pixel + c) += d[p / 4][p % 4];
        }
      }
    }
  };
  for (int64_t t = 0; t < count_; ++t) {  // one after the other, since they overlap
    add_tile(t);
  }
}

template <class T>
Tensor transformed_weights(const Conv2dGeometry& g, const T* w, bool turned) {
  const int64_t size = g.channels * g.filters;
  Tensor u =
      Tensor::uninitialized({kPlanes, turned ? g.filters : g.channels, turned ? g.channels : g.filters}, dtype_of<T>);
  Tensor turned_w;
  if (turned) {
    turned_w = Tensor::uninitialized({9, g.filters, g.channels}, dtype_of<T>);
    for (int64_t k = 0; k < 9; ++k) {
      transpose_matrix(w + k * size, g.filters, g.channels, g.filters, turned_w.mutable_data<T>() + k * size,
                       g.channels);
    }
    w = turned_w.data<T>();
  }
  T* to = u.mutable_data<T>();
  parallel_for(0, size, kWeightsOfPiece, [=](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at += kWidth<T>) {
      Vector<T> v[4][4];
      for (int k = 0; k < 9; ++k) {
        v[k / 3][k % 3] = vector_at(w + k * size + at);
      }
      on_columns_then_rows<T>(v, 3, 4, apply_g<T>);
      store<T>(v, to + at, size);
    }
  });
  return u;
}

template <class T>
void dw_from_transformed(const Conv2dGeometry& g, const T* du, T* dw) {
  const int64_t size = g.channels * g.filters;
  parallel_for(0, size, kWeightsOfPiece, [=](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; at += kWidth<T>) {
      Vector<T> v[4][4];
      load<T>(du + at, size, v);
      on_columns_then_rows<T>(v, 4, 3, apply_g_transposed<T>);
      for (int k = 0; k < 9; ++k) {
        vector_at(dw + k * size + at) = v[k / 3][k % 3];
      }
    }
  });
}

namespace {

/// Pieces of [0, end) in parallel, or one after the other where each piece is worked on by all threads.
template <class Body>
void for_pieces(const Conv2dGeometry& g, int64_t end, int64_t grain, const Body& body) {
  if (!weights_are_large(g)) {
    parallel_for(0, end, grain, body);
    return;
  }
  for (int64_t first = 0; first < end; first += grain) {
    body(first, std::min(first + grain, end));
  }
}

}  // namespace

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const detail::Finish<T>& finish, T* y) {
  const TileGrid grid = whole_grid(g);
  const int64_t most = tiles_at_a_time(g), filters = g.filters;
  const Tensor u = transformed_weights(g, w, /*turned=*/false);
  for_pieces(g, g.images * grid.count(), most, [&, filters](int64_t first, int64_t last) {
    TileBlock<T> block(g, grid, last - first);
    const Buffer<T> buffer((last - first) * 4 * filters);
    T* z = buffer.data();
    block.select(first, last - first);
    block.read(x);
    block.outputs(u.data<T>(), z);
    finish(z, (last - first) * 4);
    pair_outputs(g, grid, first, last - first,
                 [=](int64_t pixel, int64_t of_z) { std::copy_n(z + of_z * filters, filters, y + pixel * filters); });
  });
}

namespace {

/// The gradient of the outputs of tiles [first, first + count), zeros where there is no output.
template <class T>
void read_output_gradients(const Conv2dGeometry& g, const TileGrid& grid, const T* dy, int64_t first, int64_t count,
                           T* dz) {
  const int64_t filters = g.filters;
  std::fill_n(dz, count * 4 * filters, T{0});
  pair_outputs(g, grid, first, count,
               [=](int64_t pixel, int64_t of_dz) { std::copy_n(dy + pixel * filters, filters, dz + of_dz * filters); });
}

}  // namespace

template <class T>
void conv2d_dx(const Conv2dGeometry& g, const T* dy, const T* w, T* dx) {
  const Tensor turned = turned_weights(g, w);
  conv2d(input_gradient(g), dy, turned.data<T>(), detail::Finish<T>(), dx);
}

template <class T>
void conv2d_dw(const Conv2dGeometry& g, const T* x, const T* dy, T* dw) {
  const TileGrid grid = whole_grid(g);
  const int64_t size = kPlanes * g.channels * g.filters, tiles = g.images * grid.count();
  const int64_t most = std::min(tiles_at_a_time(g), tiles);
  const int64_t slices = weights_are_large(g) ? 1 : slices_for(size * static_cast<int64_t>(sizeof(T)));
  const int64_t slice = round_up(ceil_div(tiles, slices), most);
  Tensor du = Tensor::uninitialized({size}, dtype_of<T>);
  sum_of_slices(ceil_div(tiles, slice), size, du.mutable_data<T>(), [&](T* sums) {
    for_pieces(g, tiles, slice, [&](int64_t begin, int64_t end) {
      TileBlock<T> block(g, grid, most);
      const Buffer<T> buffer(most * 4 * g.filters);
      T* dz = buffer.data();
      for (int64_t first = begin; first < end; first += most) {
        const int64_t count = std::min(most, end - first);
        block.select(first, count);
        block.read(x);
        read_output_gradients(g, grid, dy, first, count, dz);
        block.read_gradients(dz);
        block.weights(first > begin, sums + begin / slice * size);
      }
    });
  });
  dw_from_transformed(g, du.data<T>(), dw);
}

#define GIBBS_INSTANTIATE(T)                                                                     \
  template void conv2d(const Conv2dGeometry&, const T*, const T*, const detail::Finish<T>&, T*); \
  template void conv2d_dx(const Conv2dGeometry&, const T*, const T*, T*);                        \
  template void conv2d_dw(const Conv2dGeometry&, const T*, const T*, T*);                        \
  template Tensor transformed_weights(const Conv2dGeometry&, const T*, bool);                    \
  template void dw_from_transformed(const Conv2dGeometry&, const T*, T*);                        \
  template class TileBlock<T>;
GIBBS_INSTANTIATE(float)
GIBBS_INSTANTIATE(double)
#undef GIBBS_INSTANTIATE

}  // namespace gibbs::kernels::winograd
