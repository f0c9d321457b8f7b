// Tasks and metrics: what fit asks of them, and what it says of their mistakes.
#include "gibbs/train/task.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/distillation.h"
#include "gibbs/losses/regression.h"
#include "gibbs/nn/nn.h"
#include "gibbs/tensor/kernels/softmax.h"
#include "tests/testing/expect_op.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;

/// Two rows of three scores, classes 2 and 0.
data::Batch batch() {
  return {.inputs = {Tensor::of({{1, 2, 4}, {1, 2, 0}}, DType::float64)},
          .targets = {Tensor::of({2, 0}, DType::int64)},
          .rows = 2};
}

/// Gives what it gets.
class Identity : public nn::Layer {
 public:
  std::string describe() const override { return "Identity"; }
  std::unique_ptr<nn::Module> share() const override { return std::make_unique<Identity>(*this); }

 protected:
  Variable forward(const Variable& x) override { return x; }
};

TEST(LossFunction, TakesLossesByNameWithOptionsAndAnyFunction) {
  const Tensor target = batch().target();
  const Variable z = batch().input();
  const double plain = losses::cross_entropy_with_logits(target, z).value().item();
  EXPECT_EQ(LossFunction(losses::cross_entropy_with_logits)(target, z).value().item(), plain);
  const losses::CategoricalOptions smooth{.label_smoothing = 0.25};
  EXPECT_EQ(LossFunction(losses::cross_entropy_with_logits, smooth)(target, z).value().item(),
            losses::cross_entropy_with_logits(target, z, smooth).value().item());
  const LossFunction own = [](const Tensor& labels, const Variable& y) {
    return losses::cross_entropy_with_logits(labels, y) * 2.0;
  };
  EXPECT_EQ(own(target, z).value().item(), 2 * plain);
  const Tensor numbers = Tensor::zeros({2, 3}, DType::float64);
  EXPECT_NEAR(LossFunction(losses::mean_squared_error)(numbers, z).value().item(), 26.0 / 6, 1e-15);
  EXPECT_FALSE(static_cast<bool>(LossFunction()));
  EXPECT_EQ(error_of([] { classification(LossFunction()); }),
            "classification: there is no loss function; give one, such as losses::cross_entropy_with_logits");
}

TEST(LossFunction, IsAMeanWhoseWeightIsKnownWhereTheLossKnowsIt) {
  const Tensor target = Tensor::of({2, -1}, DType::int64);
  const Variable z = batch().input();
  const LossFunction ignoring(losses::cross_entropy_with_logits, {.ignore_index = -1});
  EXPECT_EQ(ignoring.weight(target, z), 1);
  EXPECT_EQ(ignoring.ignore_index(), -1);
  const LossFunction weighing(losses::cross_entropy_with_logits,
                              {.sample_weights = Tensor::of({2, 3}, DType::float64)});
  EXPECT_EQ(weighing.weight(batch().target(), z), 5);
  EXPECT_EQ(LossFunction(losses::mean_squared_error).weight(target, z), std::nullopt);
  const Tensor log_p = kernels::log_softmax(batch().input());
  EXPECT_EQ(LossFunction(losses::kl_divergence_with_log_target).weight(log_p, z), std::nullopt);
  EXPECT_NEAR(LossFunction(losses::kl_divergence_with_log_target)(log_p, z).value().item(), 0, 1e-15);
  EXPECT_EQ(
      error_of([] { LossFunction(losses::cross_entropy_with_logits, {.reduction = losses::Reduction::sum}); }),
      "LossFunction: a task takes the mean over a batch; leave .reduction as it is, and multiply the loss instead");
}

TEST(Task, ClassificationCountsTheRowsThatTheLossDoesNotIgnore) {
  const auto task = classification(LossFunction(losses::cross_entropy_with_logits, {.ignore_index = -1}));
  data::Batch some = batch();
  some.targets = {Tensor::of({2, -1}, DType::int64)};
  Identity model;
  RunningMetrics metrics(task.metrics, RunningMetrics::For::training);
  metrics.add(some, task.run(model, some));
  EXPECT_EQ(metrics.values()[1], (NamedNumbers::value_type("accuracy", 1)));
  EXPECT_EQ(metrics.weight(), 1);
}

TEST(Task, OfAnyLayerServesEveryLayer) {
  const Task<nn::Layer> any = classification(losses::cross_entropy_with_logits);
  const Task<Identity> own = any;
  Identity model;
  RunningMetrics metrics(own.metrics, RunningMetrics::For::training);
  metrics.add(batch(), own.run(model, batch()));
  EXPECT_EQ(metrics.values()[1], (NamedNumbers::value_type("accuracy", 0.5)));
}

TEST(RunningMean, WeighsEveryBatch) {
  RunningMean mean;
  EXPECT_TRUE(std::isnan(mean.value())) << "0 would be the best of losses";
  mean.add(std::numeric_limits<double>::quiet_NaN(), 0);
  mean.add(1, 3);
  mean.add(5, 1);
  EXPECT_DOUBLE_EQ(mean.value(), 2);
  EXPECT_THAT([&] { mean.add(1, -1); },
              ::testing::ThrowsMessage<Error>(
                  "RunningMean: a batch has weight -1; it must be finite and at least 0 (Outcome::weight)"));
}

TEST(RunningMetrics, MeansAreWeightedByWhatTheTaskCounts) {
  RunningMetrics metrics({}, RunningMetrics::For::training);
  EXPECT_TRUE(std::isnan(metrics.loss()));
  metrics.add(batch(), {.loss = Tensor::full({}, 3)});                 // two rows
  metrics.add(batch(), {.loss = Tensor::full({}, 9), .weight = 1});    // one that counts
  metrics.add(batch(), {.loss = Tensor::full({}, NAN), .weight = 0});  // none
  EXPECT_DOUBLE_EQ(metrics.loss(), (2 * 3 + 9) / 3.0);
  metrics.clear();
  EXPECT_TRUE(std::isnan(metrics.loss()));
}

/// A metric with a name of its own.
struct Named : Metric {
  explicit Named(std::string name_of_it) : text(std::move(name_of_it)) {}
  std::string name() const override { return text; }
  std::unique_ptr<Metric> fresh() const override { return std::make_unique<Named>(text); }
  void add(const data::Batch&, const Outcome&) override {}
  double value() const override { return 1; }
  void visit_state(StateVisitor&) override {}
  bool in_training() const override { return text != "late"; }
  std::string text;
};

TEST(RunningMetrics, NamesAreColumnsEachOnce) {
  const auto error_with = [](const std::vector<std::string>& names) {
    Metrics metrics;
    for (const std::string& name : names) {
      metrics.push_back(std::make_shared<Named>(name));
    }
    return error_of([&] { RunningMetrics(metrics, RunningMetrics::For::training); });
  };
  for (const std::string name : {"", "a,b", "loss", "epoch", "seconds", "val_x", "a\nb", "\"a\""}) {
    EXPECT_NE(error_with({name}).find("cannot be the name of a metric; use letters, digits and _ - . @"),
              std::string::npos)
        << name << ": " << error_with({name});
  }
  EXPECT_EQ(error_with({"f1", "f1"}), "Metric: two are called 'f1'; each needs a name");
  EXPECT_EQ(error_of([] { RunningMetrics({nullptr}, RunningMetrics::For::training); }),
            "Metric: one is null; give an object");
}

TEST(RunningMetrics, SomeAreMeasuredInValidationOnly) {
  const Metrics metrics = {std::make_shared<Named>("late"), std::make_shared<Named>("f1")};
  EXPECT_EQ(RunningMetrics(metrics, RunningMetrics::For::training).values().size(), 2U);
  EXPECT_EQ(RunningMetrics(metrics, RunningMetrics::For::validation).values()[1].first, "late");
}

TEST(Accuracy, OfDistributionsIsThatOfTheirLargestEntries) {
  const Tensor p = Tensor::of({{.2, .8}, {.6, .4}, {.5, .5}, {.1, .9}});
  const Tensor scores = Tensor::of({{0, 1}, {0, 1}, {1, 0}, {0, 1}});
  const data::Batch batch{.targets = {p}, .rows = 4};
  Accuracy accuracy;
  accuracy.add(batch, {.loss = Variable(Tensor::ones({})), .outputs = {scores}});
  EXPECT_EQ(accuracy.value(), 3. / 4) << "of equal entries the first counts";
}

}  // namespace
}  // namespace gibbs::train
