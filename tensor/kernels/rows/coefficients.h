// What the kernels of this folder take beside the logits, and what they give.
//
// A loss of a row is a sum over its K classes, in which each class is multiplied by a coefficient of its own, such as
// the target's probability. Class indices never become an array [M, K] of ones and zeros: two numbers per class say
// what all rows hold.
#pragma once

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels::rows {

/// c [M, K]: an array, or what follows from class indices y [M]. Floating tensors have the dtype of the logits.
struct Coefficients {
  Tensor dense;       // [M, K]; undefined for class indices
  Tensor indices;     // int64 [M], each in [0, K); undefined for an array
  Tensor other, own;  // [K]: c_nk where class k is not y_n, and where it is; undefined for an array
};

/// What a kernel gives of the losses: that of each row, or their sum alone, which need not be written and read again.
enum class Output { each_row, sum };

struct LossesAndGradient {
  Tensor losses;   // [M]; undefined where only the sum is asked for
  double sum = 0;  // of the losses; 0 where each row's is asked for
  Tensor dz;       // [M, K]; undefined without dy

  /// Room for what a kernel computes from the logits z [M, K] and from dy: [M], [1] where every row gets the same, or
  /// undefined where no gradient is asked for.
  LossesAndGradient(const Tensor& z, const Tensor& dy, Output output);
};

}  // namespace gibbs::kernels::rows
