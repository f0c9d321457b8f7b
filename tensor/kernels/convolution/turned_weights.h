// Weights as the gradient of a convolution's input reads them. Internal to the convolution kernels.
#pragma once

#include "gibbs/tensor/kernels/conv2d_geometry.h"
#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels {

/// For each phase of dx (phases.h) its weights, [taps, taps, O, C], both taps from the last to the first, one phase
/// behind the other. With stride 1 there is one phase: [KH, KW, O, C]. For one group.
template <class T>
Tensor turned_weights(const Conv2dGeometry& g, const T* w);

}  // namespace gibbs::kernels
