// Keras 3's conventions, under Keras' names: the classes of keras.losses as functions. Classes lie along the last axis,
// the others count samples; a loss gives one number per sample, [...] of [..., K]; sample weights multiply it; and
// sum_over_batch_size divides by the number of samples, whatever their weights.
//
// Probabilities are clipped to [1e-7, 1 - 1e-7] and targets are taken as they come, as in Keras.
// Differences: 0 ln 0 is 0 where Keras has NaN (a probability of 0 against a logit of -inf), and shapes are equal or an
// error: nothing is squeezed, expanded or broadcast. A sample of weight 0 has loss 0 and gradient 0 whatever it holds,
// where Keras has 0 times NaN.
#pragma once

#include <cstdint>
#include <optional>

#include "gibbs/autograd/variable.h"

namespace gibbs::losses::compat::keras {

enum class Reduction { none, sum, sum_over_batch_size };

struct Options {
  Reduction reduction = Reduction::sum_over_batch_size;
  Tensor sample_weight = {};  // [...], one per sample
};

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;
  Reduction reduction = Reduction::sum_over_batch_size;
  Tensor sample_weight = {};
};

/// -sum p ln q over classes; q is divided by its sum. Smoothing: p (1 - s) + s / K.
Variable categorical_crossentropy(const Variable& y_true, const Variable& y_pred,
                                  const CrossentropyOptions& options = {});

/// Smoothing: p (1 - s) + s / 2. The mean over the last axis.
Variable binary_crossentropy(const Variable& y_true, const Variable& y_pred, const CrossentropyOptions& options = {});

struct SparseOptions {
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};  // samples of loss 0 that sum_over_batch_size does not count
  Reduction reduction = Reduction::sum_over_batch_size;
  Tensor sample_weight = {};
};

/// y_true: class indices, int64 [...].
Variable sparse_categorical_crossentropy(const Tensor& y_true, const Variable& y_pred,
                                         const SparseOptions& options = {});

struct CategoricalFocalOptions {
  Tensor alpha = {};  // one number [], or [K]; .25 when not given
  double gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  Reduction reduction = Reduction::sum_over_batch_size;
  Tensor sample_weight = {};
};

/// sum alpha p (1 - q)^gamma (-ln q) over classes.
Variable categorical_focal_crossentropy(const Variable& y_true, const Variable& y_pred,
                                        const CategoricalFocalOptions& options = {});

struct BinaryFocalOptions {
  bool apply_class_balancing = false;
  double alpha = .25;
  double gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  Reduction reduction = Reduction::sum_over_batch_size;
  Tensor sample_weight = {};
};

/// (1 - p_t)^gamma times binary_crossentropy, p_t = p q + (1 - p)(1 - q); the mean over the last axis. With class
/// balancing times alpha p + (1 - alpha)(1 - p).
Variable binary_focal_crossentropy(const Variable& y_true, const Variable& y_pred,
                                   const BinaryFocalOptions& options = {});

/// sum p ln(p / q) over classes, both clipped to [1e-7, 1].
Variable kl_divergence(const Variable& y_true, const Variable& y_pred, const Options& options = {});

// Means over the last axis.
Variable mean_squared_error(const Variable& y_true, const Variable& y_pred, const Options& options = {});
Variable mean_absolute_error(const Variable& y_true, const Variable& y_pred, const Options& options = {});
Variable huber(const Variable& y_true, const Variable& y_pred, double delta = 1, const Options& options = {});
/// max(0, 1 - y z); labels that are all 0 or 1 become -1 and 1.
Variable hinge(const Variable& y_true, const Variable& y_pred, const Options& options = {});
/// The same with max(0, 1 - y z)^2.
Variable squared_hinge(const Variable& y_true, const Variable& y_pred, const Options& options = {});

/// max(0, 1 + max (1 - y) z - sum y z) for one-hot y: the true class enters the maximum with 0.
Variable categorical_hinge(const Variable& y_true, const Variable& y_pred, const Options& options = {});

}  // namespace gibbs::losses::compat::keras
