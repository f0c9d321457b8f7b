// Task: what a model is trained for. It runs the model on a batch and says how well that went, in a loss; it also names
// the metrics that people want to see.
//
//   const auto task = train::classification(losses::cross_entropy_with_logits);        // one input, labels: the usual
//
//   const train::Task<VAE> task = [](VAE& model, const data::Batch& batch) -> train::Outcome {   // anything else
//     const auto [x, mean, log_variance] = model(batch.input());
//     return {.loss = reconstruction(batch.input(), x) + divergence(mean, log_variance), .outputs = {x}};
//   };
//
// The model is an argument, not captured: the same task serves a clone of it, or an average over its steps.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "gibbs/losses/target.h"
#include "gibbs/nn/module.h"
#include "gibbs/train/metric.h"

namespace gibbs::train {

/// A function (M& model, const data::Batch& batch) -> Outcome.
template <class F, class M>
concept RunsOnBatches = std::is_invocable_r_v<Outcome, const F&, M&, const data::Batch&>;
template <class Base, class M>
concept ProperBaseOf = std::derived_from<M, Base> && !std::same_as<M, Base>;

template <std::derived_from<nn::Module> M>
struct Task {
  using Run = std::function<Outcome(M& model, const data::Batch& batch)>;

  Task() = default;
  template <RunsOnBatches<M> F>
  Task(F function, Metrics seen = {}) : run(std::move(function)), metrics(std::move(seen)) {}  // NOLINT: a conversion
  /// What is done with any model of a kind can be done with this one.
  template <ProperBaseOf<M> Base>
  Task(Task<Base> task) : run(std::move(task.run)), metrics(std::move(task.metrics)) {}  // NOLINT: a conversion

  Run run = {};
  Metrics metrics = {};
};

template <class F>
concept ComparesWithTarget = std::is_invocable_r_v<Variable, const F&, const Tensor&, const Variable&>;

/// Mean loss of a batch: from a function (const Tensor& target, const Variable& prediction) -> Variable, or from one of
/// losses::, as it is or with options.
class LossFunction {
 public:
  LossFunction() = default;
  template <ComparesWithTarget F>
  LossFunction(F loss) : loss_(std::move(loss)) {}  // NOLINT: a conversion
  template <class Target, class Options>
  LossFunction(Variable (*loss)(const Target& target, const Variable& prediction, const Options& options),  // NOLINT
               const std::type_identity_t<Options>& options = {})
      : loss_([=](const Tensor& target, const Variable& y) { return loss(target, y, options); }) {
    if constexpr (requires { options.reduction; }) {
      check(
          options.reduction == losses::Reduction::mean,
          "LossFunction: a task takes the mean over a batch; leave .reduction as it is, and multiply the loss instead");
    }
    if constexpr (std::same_as<Target, losses::Target> && std::same_as<Options, losses::CategoricalOptions>) {
      weight_ = [=](const Tensor& target, const Variable& y) { return losses::divisor(target, y, options); };
      ignore_index_ = options.ignore_index;
    }
  }

  Variable operator()(const Tensor& target, const Variable& prediction) const { return loss_(target, prediction); }
  /// What the mean divides by, where the loss knows it: rows that are ignored, and weights, count as they do in the
  /// loss.
  std::optional<double> weight(const Tensor& target, const Variable& prediction) const {
    return weight_ ? std::optional<double>(weight_(target, prediction)) : std::nullopt;
  }
  /// The class whose rows the loss leaves out, if there is one.
  std::optional<std::int64_t> ignore_index() const { return ignore_index_; }
  explicit operator bool() const { return static_cast<bool>(loss_); }

 private:
  std::function<Variable(const Tensor& target, const Variable& prediction)> loss_;
  std::function<double(const Tensor& target, const Variable& prediction)> weight_;
  std::optional<std::int64_t> ignore_index_;
};

/// A layer that gives scores [N, ..., K] of classes for its input; targets int64 [N, ...]. Reports the accuracy
/// over the rows that the loss does not ignore.
Task<nn::Layer> classification(LossFunction loss);

/// A layer whose output is compared with the target by the loss alone.
Task<nn::Layer> regression(LossFunction loss);

namespace detail {

/// A task with its model: what the training loop runs.
struct BoundTask {
  std::function<Outcome(const data::Batch& batch)> run;
  Metrics metrics;

  template <class M>
  static BoundTask of(M& model, const Task<M>& task) {
    check(static_cast<bool>(task.run), "Task: there is no function to run; give one, such as classification(loss)");
    return {[&model, run = task.run](const data::Batch& batch) { return run(model, batch); }, task.metrics};
  }
};

}  // namespace detail
}  // namespace gibbs::train
