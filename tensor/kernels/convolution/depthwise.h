// Depthwise convolution, where every channel has a kernel of its own (groups = channels = filters): no products of
// matrices in it, so each output is summed up directly, a vector of channels at a time. Howard et al. 2017,
// "MobileNets". Internal to conv2d.cpp.
#pragma once

#include "gibbs/tensor/kernels/conv2d_geometry.h"
#include "gibbs/tensor/kernels/detail/activate.h"

namespace gibbs::kernels::depthwise {

/// Whether the three kernels handle this geometry: one filter per channel; any kernel, stride, padding and dilation.
bool fits(const Conv2dGeometry& g);

template <class T>
void conv2d(const Conv2dGeometry& g, const T* x, const T* w, const detail::Finish<T>& finish, T* y);
template <class T>
void conv2d_dx(const Conv2dGeometry& g, const T* dy, const T* w, T* dx);
template <class T>
void conv2d_dw(const Conv2dGeometry& g, const T* x, const T* dy, T* dw);

}  // namespace gibbs::kernels::depthwise
