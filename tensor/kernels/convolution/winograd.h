// Convolution by Winograd's F(2 x 2, 3 x 3): a tile of 2 x 2 outputs needs 16 multiplications per channel and filter,
// not 36. (Winograd 1980; Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks".)
//
// The idea, in one dimension: two outputs of a kernel of three, y0 = d0 w0 + d1 w1 + d2 w2 and y1 = d1 w0 + d2 w1 + d3
// w2, are sums of four products of a sum of inputs with a sum of weights. In two dimensions, with small matrices of 0,
// 1, -1 and 1/2:
//     y = A^T [ (G w G^T) * (B^T d B) ] A        * entry by entry, summed over channels: 16 matrix products
// It is linear in w and in d, so both gradients are the same steps backwards, each matrix transposed.
//
// Taken for float32 only: float64 is for checking, and goes the way without these sums (tests call it here, too). An
// infinity or NaN reaches all four outputs of its tiles. Internal to conv2d.cpp and conv_block.cpp.
#pragma once

#include "gibbs/tensor/kernels/conv2d_geometry.h"
#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/kernels/detail/buffer.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels::winograd {

/// Whether conv2d and conv2d_dw are meant for this: float32, 3 x 3 kernels, stride 1, channels and filters that fill
/// vectors.
bool fits(const Conv2dGeometry& g, DType dtype);
/// Whether conv2d_dx is, too.
bool dx_fits(const Conv2dGeometry& g, DType dtype);

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const detail::Finish<T>& finish, T* y);
template <class T>
void conv2d_dx(const Conv2dGeometry& g, const T* dy, const T* w, T* dx);
template <class T>
void conv2d_dw(const Conv2dGeometry& g, const T* x, const T* dy, T* dw);

/// G w G^T, made once for all images: [16, C, O], or [16, O, C] if turned.
template <class T>
Tensor transformed_weights(const Conv2dGeometry& g, const T* w, bool turned);
/// dw = G^T du G, for du [16, C, O].
template <class T>
void dw_from_transformed(const Conv2dGeometry& g, const T* du, T* dw);

/// How an image's outputs are cut into tiles, from the upper left corner.
struct TileGrid {
  std::int64_t rows, columns;
  std::int64_t count() const { return rows * columns; }
};

/// Whether the transformed weights are too many for a cache. Then threads share the sixteen products of many tiles, so
/// that weights are read seldom; else each thread takes tiles of its own.
bool weights_are_large(const Conv2dGeometry& g);
/// How many tiles are worked on together: what stays in the cache, or many where the weights are large.
std::int64_t tiles_at_a_time(const Conv2dGeometry& g);

/// The steps, for some tiles at a time, on one thread, or on all where they are not called in a parallel loop. Outputs
/// are [tiles, 2 x 2, O]: a tile's four pixels stand together, as pooling wants them.
template <class T>
class TileBlock {
 public:
  /// For at most `most` tiles of g's images at a time.
  TileBlock(const Conv2dGeometry& g, const TileGrid& grid, std::int64_t most);

  /// What follows is about tiles [first, first + count) of all images' tiles.
  void select(std::int64_t first, std::int64_t count) { first_ = first, count_ = count; }
  /// Takes the tiles' inputs: B^T d B.
  void read(const T* x);
  /// z = the tiles' outputs, from u = transformed_weights.
  void outputs(const T* u, T* z);
  /// Takes the gradient of the tiles' outputs: A dz A^T.
  void read_gradients(const T* dz);
  /// du [16, C, O] = the gradient of the transformed weights, from what both took; or du +=.
  void weights(bool accumulate, T* du);
  /// dx += the gradient of the images. What `read` took is overwritten. u: transformed and turned.
  void add_inputs(const T* u, T* dx);

 private:
  template <class Body>
  void for_tiles(Body body) const;
  /// Calls visit(i, j, pixel) for the 4 x 4 inputs of a tile; pixel is where it lies in the images, or -1 in the
  /// padding.
  template <class Visit>
  void visit_inputs(std::int64_t tile, Visit visit) const;

  Conv2dGeometry g_;
  TileGrid grid_;
  std::int64_t first_ = 0, count_ = 0;
  std::int64_t inputs_plane_, outputs_plane_;  // elements from one of 16 matrices to the next
  Buffer<T> buffer_;
  T *inputs_, *outputs_;  // [16, tiles, C], [16, tiles, O], transformed
};

}  // namespace gibbs::kernels::winograd
