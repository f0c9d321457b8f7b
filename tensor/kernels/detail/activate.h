// Activations of numbers that lie in a row, on one thread: for kernels that have just made them.
#pragma once

#include <cstdint>

#include "gibbs/tensor/kernels/activation.h"

namespace gibbs::kernels::detail {

/// x = f(x).
void activate(Activation activation, float* x, std::int64_t n);
void activate(Activation activation, double* x, std::int64_t n);
/// dx = dy f'(x). dx may be x or dy.
void activation_gradient(Activation activation, const float* x, const float* dy, float* dx, std::int64_t n);
void activation_gradient(Activation activation, const double* x, const double* dy, double* dx, std::int64_t n);

/// An epilogue at work on whole rows of channels; by default there is none.
template <class T>
class Finish {
 public:
  Finish() = default;
  Finish(const Epilogue& epilogue, std::int64_t channels)
      : channels_(channels),
        scale_(epilogue.scale.defined() ? epilogue.scale.data<T>() : nullptr),
        shift_(epilogue.shift.defined() ? epilogue.shift.data<T>() : nullptr),
        activation_(epilogue.activation) {}

  void operator()(T* y, std::int64_t rows) const {
    if (scale_ == nullptr && shift_ == nullptr) {
      activate(activation_, y, rows * channels_);
      return;
    }
    for (; rows > 0; --rows, y += channels_) {
      for (std::int64_t c = 0; c < channels_; ++c) {
        y[c] = y[c] * (scale_ == nullptr ? T{1} : scale_[c]) + (shift_ == nullptr ? T{0} : shift_[c]);
      }
      activate(activation_, y, channels_);
    }
  }

 private:
  std::int64_t channels_ = 0;
  const T *scale_ = nullptr, *shift_ = nullptr;
  Activation activation_ = Activation::identity;
};

}  // namespace gibbs::kernels::detail
