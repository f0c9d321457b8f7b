// Convolution without im2col, for the geometries that most networks are made of: one group, no dilation, and filters
// that fill whole vectors. See direct.cpp for the idea. Internal to conv2d.cpp, which decides by geometry alone.
#pragma once

#include "gibbs/tensor/kernels/conv2d_geometry.h"
#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels::direct {

/// Whether conv2d and conv2d_dw handle this geometry.
template <class T>
bool fits(const Conv2dGeometry& g);
/// Whether conv2d_dx handles it.
template <class T>
bool dx_fits(const Conv2dGeometry& g);

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const detail::Finish<T>& finish, T* y);
template <class T>
void conv2d_dx(const Conv2dGeometry& g, const T* dy, const T* w, T* dx);
template <class T>
void conv2d_dw(const Conv2dGeometry& g, const T* x, const T* dy, T* dw);

// Image by image, for conv_block.h: the same work without a parallel loop of its own. `one` has images = 1.
template <class T>
void conv2d_image(const Conv2dGeometry& one, const T* x, const T* w, T* y);
/// dw = ..., or dw += ... with `accumulate`.
template <class T>
void conv2d_dw_image(const Conv2dGeometry& one, const T* x, const T* dy, bool accumulate, T* dw);
/// With weights that were turned once for all images (turned_weights.h).
template <class T>
void conv2d_dx_image(const Conv2dGeometry& one, const T* dy, const T* turned_w, T* dx);

}  // namespace gibbs::kernels::direct
