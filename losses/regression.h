// Losses of predictions that are numbers, not distributions: squared error, absolute error, and Huber's, which is the
// one near the target and the other far from it.
//
// Target and prediction have the same shape [N, ...], each element has a loss of its own, a row (an entry of the
// leading axis) has the mean of its elements, and rows are reduced as everywhere: the default is the mean over all
// elements. Whatever else is a loss of elements, here or elsewhere, is made of the functions at the end.
#pragma once

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

/// The options of losses that have nothing else to choose.
struct ElementwiseOptions {
  Reduction reduction = Reduction::mean;
};

/// (prediction - target)^2, per element.   d prediction = 2 (prediction - target) / count.
/// target, prediction: equal shapes [N, ...] and dtypes. Errors: see check_elementwise.
Variable mean_squared_error(const Variable& target, const Variable& prediction, const ElementwiseOptions& options = {});

/// |prediction - target|, per element: an outlier weighs no more than its distance.
/// d prediction = sign(prediction - target) / count, 0 where both are equal. Arguments and errors as above.
Variable mean_absolute_error(const Variable& target, const Variable& prediction,
                             const ElementwiseOptions& options = {});

struct HuberOptions {
  /// Where the parabola becomes a line, above 0.
  double delta = 1;
  Reduction reduction = Reduction::mean;
};

/// With d = prediction - target, per element (Huber 1964)
///   d^2 / 2                      where |d| <= delta,
///   delta (|d| - delta / 2)      elsewhere.   d prediction = d limited to [-delta, delta], over the count.
/// This is Huber's own scale, that of Keras' Huber and PyTorch's HuberLoss; PyTorch's SmoothL1Loss is this / delta.
/// Arguments and errors as above; a delta that is not above 0.
Variable huber(const Variable& target, const Variable& prediction, const HuberOptions& options = {});

/// Throws unless target and prediction have equal shapes [N, ...] (nothing broadcasts: [N] against [N, 1] is an error)
/// and equal floating dtypes, and hold at least one element. `op` begins every error.
void check_elementwise(const char* op, const Variable& target, const Variable& prediction);

/// [N, ...] to [N]: the mean of each row's elements.
Variable row_means(const Variable& elements);

/// row_means, then reduced over rows.
Variable reduce_elements(const Variable& elements, Reduction reduction);

}  // namespace gibbs::losses
