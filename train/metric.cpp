#include "gibbs/train/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "gibbs/tensor/kernels/ordering.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {
namespace {

void check_name(const std::string& name) {
  check(is_column_name(name) && name != "loss" && !name.starts_with("val_"), "Metric: '", printable(name),
        "' cannot be the name of a metric; use letters, digits and _ - . @, not loss, epoch or seconds, which are "
        "taken, ",
        "nor val_ at the beginning, which is added in validation");
}

/// Throws when the metric's tensors are those of another: what one gathers would be in both.
void check_of_its_own(Metric& metric, Metric& other) {
  struct Tensors : StateVisitor {
    std::vector<Tensor> all;
    void tensor(std::string_view /*name*/, Tensor& value) override { all.push_back(value); }
  } own, others;
  metric.visit_state(own);
  other.visit_state(others);
  for (std::size_t i = 0; i < std::min(own.all.size(), others.all.size()); ++i) {
    check(own.all[i].numel() == 0 || !own.all[i].shares_storage_with(others.all[i]), "Metric: fresh() of '",
          metric.name(), "' gives the other metric this one's tensor, since copies of a Tensor share their elements; ",
          "make a new one, such as Tensor::zeros(...)");
  }
}

}  // namespace

void RunningMean::add(double mean, double weight) {
  check(std::isfinite(weight) && weight >= 0, "RunningMean: a batch has weight ", weight,
        "; it must be finite and at least 0 (Outcome::weight)");
  if (weight > 0) {  // the mean of nothing is NaN
    sum_ += mean * weight;
    weight_ += weight;
  }
}

double RunningMean::value() const { return weight_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_ / weight_; }

std::unique_ptr<Metric> Accuracy::fresh() const { return std::make_unique<Accuracy>(ignore_index_); }

void Accuracy::add(const data::Batch& batch, const Outcome& outcome) {
  check(!outcome.outputs.empty(), "Accuracy: the task's outcome has no outputs; let the first be scores [N, ..., K]");
  const Tensor &target = batch.target(), &scores = outcome.outputs.front().value();
  const Tensor labels = is_floating(target.dtype()) ? kernels::argmax(target) : target;
  const CorrectRows counted = count_correct_rows(labels, scores, ignore_index_);
  correct_ += counted.correct;
  rows_ += counted.rows;
}

double Accuracy::value() const {
  return rows_ == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(correct_) / static_cast<double>(rows_);
}

void Accuracy::visit_state(StateVisitor& visitor) {
  visitor.counter("correct", correct_);
  visitor.counter("rows", rows_);
}

RunningMetrics::RunningMetrics(const Metrics& patterns, For purpose) {
  std::vector<std::string> names;
  for (const auto& pattern : patterns) {
    check(pattern != nullptr, "Metric: one is null; give an object");
    const std::string name = pattern->name();
    check_name(name);
    check(std::ranges::find(names, name) == names.end(), "Metric: two are called '", name, "'; each needs a name");
    names.push_back(name);
    if (purpose == For::validation || pattern->in_training()) {
      metrics_.push_back(pattern->fresh());
      check(metrics_.back() != nullptr, "Metric: fresh() of '", name,
            "' gave null; return another metric of this kind");
      const std::unique_ptr<Metric> other = metrics_.back()->fresh();
      check_of_its_own(*metrics_.back(), *other);
    }
  }
}

void RunningMetrics::add(const data::Batch& batch, const Outcome& outcome) {
  loss_.add(outcome.loss.value().item(), outcome.weight.value_or(static_cast<double>(batch.rows)));
  for (const auto& metric : metrics_) {
    metric->add(batch, outcome);
  }
}

void RunningMetrics::clear() {
  loss_ = {};
  for (auto& metric : metrics_) {
    metric = metric->fresh();
  }
}

NamedNumbers RunningMetrics::values() const {
  NamedNumbers all{{"loss", loss_.value()}};
  for (const auto& metric : metrics_) {
    all.emplace_back(metric->name(), metric->value());
  }
  return all;
}

void RunningMetrics::visit_state(StateVisitor& visitor) {
  PrefixedVisitor of_loss("loss/", visitor);
  loss_.visit_state(of_loss);
  for (const auto& metric : metrics_) {
    PrefixedVisitor of_metric(metric->name() + "/", visitor);
    metric->visit_state(of_metric);
  }
}

std::vector<std::string> column_names(const Metrics& metrics) {
  std::vector<std::string> names;
  for (const auto& [name, value] : RunningMetrics(metrics, RunningMetrics::For::training).values()) {
    names.push_back(name);
  }
  for (const auto& [name, value] : RunningMetrics(metrics, RunningMetrics::For::validation).values()) {
    names.push_back("val_" + name);
  }
  return names;
}

}  // namespace gibbs::train
