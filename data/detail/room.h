// Tensors for what is read, where the size comes from a file or a user: lack of memory is an error that says for what.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::data {

/// Uninitialized. Error: "WHAT: no memory for uint8 [60000, 32, 32, 3]".
template <class... What>
Tensor room_for(const Shape& shape, DType dtype, const What&... what) {
  try {
    return Tensor::uninitialized(shape, dtype);
  } catch (const Error&) {
    fail(what..., ": no memory for ", dtype, " ", shape);
  }
}

}  // namespace gibbs::data
