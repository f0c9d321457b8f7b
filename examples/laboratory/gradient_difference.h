// How far two lists of gradients are from each other, in four measures, since no single one tells the whole story.
#pragma once

#include <string>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::examples {

struct GradientDifference {
  double absolute = 0;  // max |a - b|
  double relative = 0;  // max over tensors of max |a - b| / max |a|: the error of the step that is taken
  /// Representable numbers between a and b, the largest over all elements. An element that is a sum of terms which
  /// cancel keeps few digits or none, so this one has no bound, however good the arithmetic.
  double ulps = 0;
  double scaled_ulps = 0;  // max |a - b| in units in the last place of its tensor's largest element
  bool equal = true;       // every element of both
  std::string where;       // the tensor with the largest relative difference
};

struct NamedGradient {
  std::string name;
  Tensor value;
};

/// Both lists have the same names, shapes and dtype (float32 or float64). A NaN on either side is an infinite
/// difference.
GradientDifference gradient_difference(const std::vector<NamedGradient>& a, const std::vector<NamedGradient>& b);

}  // namespace gibbs::examples
