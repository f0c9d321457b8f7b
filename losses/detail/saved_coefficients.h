// From the target of a loss to the coefficients that its kernel multiplies classes with, kept until the backward pass.
#pragma once

#include <functional>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/target.h"
#include "gibbs/tensor/kernels/rows/coefficients.h"

namespace gibbs::losses {

/// Coefficients that must still hold, when they are read, what they held when they were saved.
class SavedCoefficients {
 public:
  explicit SavedCoefficients(const kernels::rows::Coefficients& c)
      : dense_(c.dense), indices_(c.indices), other_(c.other), own_(c.own) {}

  /// Throws when the target was overwritten in place since.
  kernels::rows::Coefficients value() const { return {dense_.value(), indices_.value(), other_, own_}; }

 private:
  Saved dense_, indices_;
  Tensor other_, own_;
};

/// f(p) for the target p of the rows, a constant; f works element by element, and may work column by column.
SavedCoefficients coefficients_of(const Rows& rows, const std::function<Tensor(const Tensor& p)>& f);

/// w p, with the class weights w.
SavedCoefficients weighted_target(const Rows& rows);

}  // namespace gibbs::losses
