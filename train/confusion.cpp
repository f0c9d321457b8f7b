#include "gibbs/train/confusion.h"

#include <algorithm>
#include <limits>

#include "gibbs/tensor/kernels/ordering.h"

namespace gibbs::train {
namespace {

void check_scores(const char* op, const Tensor& labels, const Tensor& scores) {
  check(scores.rank() == 2 && labels.shape() == Shape{scores.size(0)}, op, ": needs labels [N] and scores [N, K], not ",
        labels.shape(), " and ", scores.shape());
}

void check_label(const char* op, std::int64_t row, std::int64_t label, std::int64_t classes) {
  check(label >= 0 && label < classes, op, ": row ", row, " has label ", label, ", which is none of ", classes,
        " classes; give the model a score for each class, and leave out rows that have none");
}

CorrectRows counted(const char* op, const Tensor& labels, const Tensor& scores,
                    std::optional<std::int64_t> ignore_index) {
  const Tensor predictions = kernels::argmax(scores);
  const auto expected = labels.values<std::int64_t>();
  const auto predicted = predictions.values<std::int64_t>();
  CorrectRows count;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] != ignore_index) {
      check_label(op, static_cast<std::int64_t>(i), expected[i], scores.size(-1));
      count.correct += expected[i] == predicted[i];
      ++count.rows;
    }
  }
  return count;
}

}  // namespace

std::int64_t count_correct(const Tensor& labels, const Tensor& scores) {
  check_scores("count_correct", labels, scores);
  return counted("count_correct", labels, scores, {}).correct;
}

CorrectRows count_correct_rows(const Tensor& labels, const Tensor& scores, std::optional<std::int64_t> ignore_index) {
  check(scores.rank() >= 1 && labels.shape() == scores.shape().without(scores.rank() - 1),
        "count_correct_rows: needs labels [N, ...] and scores [N, ..., K], not ", labels.shape(), " and ",
        scores.shape());
  return counted("count_correct_rows", labels, scores, ignore_index);
}

std::int64_t count_correct_top_k(const Tensor& labels, const Tensor& scores, std::int64_t k) {
  check_scores("count_correct_top_k", labels, scores);
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    check_label("count_correct_top_k", i, labels.at<std::int64_t>({i}), scores.size(1));
  }
  check(k >= 1 && k <= scores.size(1), "count_correct_top_k: k is ", k, "; it must be from 1 to the ", scores.size(1),
        " classes");
  const Tensor best = kernels::topk(scores, k).indices;
  std::int64_t correct = 0;
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    const Tensor row = best[i];
    const auto candidates = row.values<std::int64_t>();
    correct += std::find(candidates.begin(), candidates.end(), labels.at<std::int64_t>({i})) != candidates.end();
  }
  return correct;
}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes) {
  check(classes >= 1, "ConfusionMatrix: needs at least one class, received ", classes);
  counts_ = Tensor::zeros({classes, classes}, DType::int64);
}

void ConfusionMatrix::add(const Tensor& labels, const Tensor& predictions) {
  check(labels.shape() == predictions.shape(), "ConfusionMatrix: ", labels.shape(), " labels, ", predictions.shape(),
        " predictions");
  const auto expected = labels.values<std::int64_t>();
  const auto predicted = predictions.values<std::int64_t>();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    check(expected[i] >= 0 && expected[i] < classes() && predicted[i] >= 0 && predicted[i] < classes(),
          "ConfusionMatrix: label ", expected[i], " predicted as ", predicted[i], " with ", classes(), " classes");
  }
  auto* counts = counts_.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ++counts[expected[i] * classes() + predicted[i]];
  }
}

double ConfusionMatrix::accuracy() const {
  std::int64_t correct = 0, all = 0;
  for (std::int64_t label = 0; label < classes(); ++label) {
    for (std::int64_t prediction = 0; prediction < classes(); ++prediction) {
      const auto count = counts_.at<std::int64_t>({label, prediction});
      all += count;
      correct += label == prediction ? count : 0;
    }
  }
  return static_cast<double>(correct) / static_cast<double>(all);
}

double ConfusionMatrix::class_accuracy(std::int64_t label) const {
  check(label >= 0 && label < classes(), "ConfusionMatrix: there is no class ", label, " of ", classes());
  std::int64_t all = 0;
  for (std::int64_t prediction = 0; prediction < classes(); ++prediction) {
    all += counts_.at<std::int64_t>({label, prediction});
  }
  return counts_.at({label, label}) / static_cast<double>(all);
}

}  // namespace gibbs::train
