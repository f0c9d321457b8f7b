// What a classifier gets right: counts of right rows, and which class is taken for which.
#pragma once

#include <cstdint>
#include <optional>

#include "gibbs/tensor/tensor.h"

namespace gibbs::train {

/// Rows of scores [N, K] whose largest entry stands at the label (int64 [N]). Equal scores: the first counts. A label
/// outside [0, K), such as the mark of a row that a loss ignores, is an error: it would count as wrong.
std::int64_t count_correct(const Tensor& labels, const Tensor& scores);
/// Rows whose label is among the k largest scores, for k in [1, K].
std::int64_t count_correct_top_k(const Tensor& labels, const Tensor& scores, std::int64_t k);

struct CorrectRows {
  std::int64_t correct = 0, rows = 0;
};
/// The same for labels [N, ...] and scores [N, ..., K], with the number of rows that were looked at: those of the class
/// `ignore_index` are not.
CorrectRows count_correct_rows(const Tensor& labels, const Tensor& scores,
                               std::optional<std::int64_t> ignore_index = {});

/// counts[label][prediction].
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::int64_t classes);

  /// Labels and predictions int64 [N], all in [0, classes); otherwise throws, and nothing is counted.
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
