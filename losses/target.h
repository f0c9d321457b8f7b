// Target: what a classifier should have said, as class indices or as distributions, and the options of every loss that
// compares it with a prediction.
//
// The one idea: `prepare` turns every target into distributions over the classes, before any loss sees it. Indices and
// their one-hot rows therefore give the same bits under every combination of options. Rows that are ignored are taken
// out before anything is computed, so nothing in them (NaN included) can reach a value or a gradient.
//
// The classes are the last axis of a prediction [..., K]; what counts the rows before it may be one axis, [N, K], or
// several, such as N texts of T tokens, [N, T, K]. Each place in the leading axes is a row of its own, in row-major
// order, which is also how errors count them: `prepare` makes one axis of them, and `finish` gives them back.
#pragma once

#include <cstdint>
#include <optional>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::losses {

/// Class indices (int64 [N]), or distributions (float [N, K], one-hot or soft) through which gradients can flow. Where
/// predictions are [N, T, K], or have more leading axes still, indices are [N, T] and distributions [N, T, K].
class Target {
 public:
  Target(Tensor value) : value_(std::move(value)) {}    // NOLINT: conversion is its purpose
  Target(Variable value) : value_(std::move(value)) {}  // NOLINT: conversion is its purpose

  const Variable& value() const { return value_; }
  bool is_indices() const { return value_.dtype() == DType::int64; }

 private:
  Variable value_;
};

struct CategoricalOptions {
  Reduction reduction = Reduction::mean;
  /// s in [0, 1]: the target is mixed with the uniform distribution, p (1 - s) + s / K.
  double label_smoothing = 0;
  /// w [K], at least 0: the term of class k counts w_k times. `mean` divides by the sum of w_k p_k over kept rows.
  Tensor class_weights = {};
  /// [N], or [N, T] for predictions [N, T, K], at least 0: the loss of a row counts that many times, and `mean`
  /// divides by the sum of these weights (times the class weights). A row of weight 0 is left out: loss 0 and gradient
  /// 0, of every order, whatever its target and prediction hold (NaN and infinities included). So is the term of a
  /// class of weight 0 in losses on probabilities.
  Tensor sample_weights = {};
  /// Rows of this class are left out. As a distribution, that is exactly its one-hot row; for a number that is no class
  /// (such as -1) it is the row of zeros. Soft rows are never left out.
  std::optional<std::int64_t> ignore_index = {};
  /// Divide each target row by its sum, instead of refusing rows that do not sum to 1.
  bool normalize_target = false;
  Base base = Base::nats;
  /// Refuse rows of the target, or of predicted probabilities, that are no distributions. Class indices are always
  /// checked. For conventions that clip, or take numbers as they come (compat/).
  bool check_probabilities = true;
};

/// A target and a prediction, ready for a loss: M rows, those that are not ignored.
struct Rows {
  Variable distributions;  // [M, K], normalised and smoothed; undefined for class indices
  Variable indices;        // int64 [M], undefined for distributions
  double label_smoothing;
  Variable prediction;    // [M, K], logits or probabilities
  Tensor class_weights;   // [K] in the prediction's dtype; undefined without class weights
  Tensor sample_weights;  // [M] in the prediction's dtype; undefined without sample weights
  Tensor kept;            // int64 [M], which of all rows these are; undefined when all are kept
  Shape shape;            // of all rows: [N], or [N, T] and so on

  /// The target as distributions [M, K]; class indices become smoothed one-hot rows.
  Variable p() const;
  /// p (1 - s) + s / K for p [..., K].
  Variable smoothed(const Variable& p) const;
  /// Whether gradients flow to the target.
  bool target_is_traced() const { return distributions.defined() && distributions.traced(); }
  /// x [M, K] with column k multiplied by class weight k.
  Variable weighted(const Variable& x) const;
};

/// What the prediction is: logits (any numbers), or probabilities (which are checked).
enum class Prediction { logits, probabilities };

/// Checks target, prediction [..., K] and options, and makes Rows of them. `op` begins every error. Throws for an empty
/// batch, a prediction without leading axes, shapes that do not fit, a class outside [0, K), and, with
/// check_probabilities, for a row of the target (or of predicted probabilities) that is negative or whose sum is more
/// than 1e-4 from 1.
Rows prepare(const char* op, const Target& target, const Variable& prediction, Prediction kind,
             const CategoricalOptions& options);

/// For losses whose every term is multiplied by c [M, K] >= 0, such as w p: also leaves out the rows in which c is 0
/// throughout, whatever they hold.
Rows without_weightless(Rows rows, const Tensor& c);
/// The same for c = w p.
Rows without_weightless(const Rows& rows);

/// x with `number` in the rows of weight 0 (sample_weights have the shape of leading axes of x, or are undefined):
/// nothing that they hold is computed with, and their gradient is 0.
Variable without_masked_rows(const Variable& x, const Tensor& sample_weights, double number);

/// The loss of the batch from the losses [M] of its kept rows, in nats, class weights multiplied in. With
/// Reduction::none it has rows.shape, 0 at ignored rows.
Variable finish(const Rows& rows, const Variable& row_losses, const CategoricalOptions& options);

/// What Reduction::mean divides the sum of the rows' losses by: the number of rows that are kept, or the sum of their
/// sample weights times sum_k w_k p_k, with weights. 0 when nothing counts; the mean is then 0, too.
double divisor(const Rows& rows);

/// The same for the loss of this target and this prediction [..., K], of which only shape and dtype are looked at.
/// A batch whose pieces i have the divisors d_i and the means l_i has the mean sum_i d_i l_i / sum_i d_i, whatever is
/// ignored in them and weighs in them. Errors: see `prepare`.
double divisor(const Target& target, const Variable& prediction, const CategoricalOptions& options = {});

}  // namespace gibbs::losses
