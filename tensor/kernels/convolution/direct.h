// Convolution without im2col, for the geometries that most networks are made of: one group, no dilation, and filters
// that fill whole vectors. See direct.cpp for the idea. Internal to conv2d.cpp, which decides by geometry alone.
#pragma once

#include "gibbs/tensor/kernels/conv2d_geometry.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels::direct {

/// Whether forward and weights handle this geometry.
template <class T>
bool fits(const Conv2dGeometry& g);
/// Whether input handles this geometry.
template <class T>
bool input_fits(const Conv2dGeometry& g);

/// y = conv2d(x, w).
template <class T>
void forward(const Conv2dGeometry& g, const T* x, const T* w, T* y);
/// dx = conv2d_dx(dy, w).
template <class T>
void input(const Conv2dGeometry& g, const T* dy, const T* w, T* dx);
/// dw = conv2d_dw(x, dy).
template <class T>
void weights(const Conv2dGeometry& g, const T* x, const T* dy, T* dw);

// Image by image, for conv_block.h: the same work without a parallel loop of its own. `one` has images = 1.
/// y = conv2d(x, w) of one image.
template <class T>
void forward_image(const Conv2dGeometry& one, const T* x, const T* w, T* y);
/// dw = conv2d_dw(x, dy) of one image, or dw += with `accumulate`.
template <class T>
void weights_image(const Conv2dGeometry& one, const T* x, const T* dy, bool accumulate, T* dw);
/// The weights as `input_image` reads them, made once for all images: for each phase of dx its weights turned around,
/// one behind the other; with stride 1 [KH, KW, O, C].
template <class T>
Tensor turned_weights(const Conv2dGeometry& g, const T* w);
/// dx = conv2d_dx(dy, w) of one image.
template <class T>
void input_image(const Conv2dGeometry& one, const T* dy, const T* turned_w, T* dx);

}  // namespace gibbs::kernels::direct
