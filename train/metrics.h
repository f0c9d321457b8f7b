// Metrics of classification: what a person wants to know of predictions, as opposed to the loss that is trained on.
#pragma once

#include <cstdint>

#include "gibbs/tensor/tensor.h"

namespace gibbs::train {

/// Rows of scores [N, K] whose largest entry stands at the label (int64 [N]). Equal scores: the first counts.
std::int64_t count_correct(const Tensor& labels, const Tensor& scores);
/// Rows whose label is among the k largest scores.
std::int64_t count_correct_top_k(const Tensor& labels, const Tensor& scores, std::int64_t k);

/// Mean of batch means, each weighted by its rows.
class RunningMean {
 public:
  void add(double mean, std::int64_t rows) {
    sum_ += mean * static_cast<double>(rows);
    rows_ += rows;
  }
  /// 0 before the first add.
  double value() const { return rows_ == 0 ? 0 : sum_ / static_cast<double>(rows_); }

  double sum() const { return sum_; }
  std::int64_t rows() const { return rows_; }
  void restore(double sum, std::int64_t rows) {
    sum_ = sum;
    rows_ = rows;
  }

 private:
  double sum_ = 0;
  std::int64_t rows_ = 0;
};

/// counts[label][prediction].
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::int64_t classes) : counts_(Tensor::zeros({classes, classes}, DType::int64)) {}

  void add(const Tensor& labels, const Tensor& predictions);
  /// int64 [K, K]: row the label, column the prediction.
  const Tensor& counts() const { return counts_; }
  std::int64_t classes() const { return counts_.size(0); }
  /// Share of correct predictions among all, and among those of one label; NaN when there are none.
  double accuracy() const;
  double class_accuracy(std::int64_t label) const;

 private:
  Tensor counts_;
};

}  // namespace gibbs::train
