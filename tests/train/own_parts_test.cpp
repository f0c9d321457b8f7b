// Tasks, data, metrics and callbacks of a user's own, each with a mistake that would spoil a run in silence: fit names
// it.
#include <gmock/gmock.h>

#include <sstream>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/data/tensor_batches.h"
#include "gibbs/losses/regression.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "gibbs/tensor/random.h"
#include "gibbs/train/fit.h"
#include "tests/testing/error_of.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::TemporaryFolder;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

data::TensorRows six_rows() {
  return {.inputs = {kernels::normal({.seed = 1}, {6, 2}, 0, 1, DType::float32)}, .targets = {Tensor::zeros({6, 1})}};
}

struct OwnTrial {
  nn::Sequential model = nn::initialized(nn::Sequential{nn::Dense({.in = 2, .out = 1})}, 1);
  optim::SGD sgd{nn::parameters(model), {.learning_rate = 0.1}};
  std::ostringstream log;

  std::string error(data::Batches& train, FitOptions options = {}, const Callbacks& callbacks = {},
                    data::Batches* validation = nullptr,
                    const Task<nn::Layer>& task = regression(losses::mean_squared_error)) {
    options.out = &log;
    return error_of([&] { fit(model, sgd, task, train, validation, options, callbacks); });
  }
};

/// Six rows in batches of two, of which row 3 has `number` as its second element.
data::TensorBatches with_a(double number, std::vector<Tensor> data::TensorRows::*where = &data::TensorRows::inputs) {
  data::TensorRows data = six_rows();
  const Tensor& tensor = (data.*where)[0];
  Tensor(tensor).set({3, tensor.size(1) - 1}, number);
  return data::TensorBatches(data, {.batch_size = 2, .shuffle = false});
}

TEST(OwnData, NaNIsTheDatasFaultAndNotALayers) {
  data::TensorBatches input = with_a(kNaN), target = with_a(kNaN, &data::TensorRows::targets), good = with_a(0);
  EXPECT_EQ(OwnTrial().error(input),
            "fit: the loss became NaN at step 2 (epoch 1); row 1 of batch 1 of the data has nan in input 0 [2, 2]; "
            "mend the data");
  EXPECT_THAT(OwnTrial().error(target),
              EndsWith("row 1 of batch 1 of the data has nan in target 0 [2, 1]; mend the data"));
  EXPECT_THAT(OwnTrial().error(good, {}, {}, &input),
              StartsWith("fit: the validation loss became NaN at step 3 (epoch 1); row 1 of batch 1 of the data"));
}

TEST(OwnData, AnInfinityMayBeMeantAndIsTold) {
  data::TensorBatches infinite = with_a(kInfinity);
  const std::string error = OwnTrial().error(infinite);
  EXPECT_THAT(error, HasSubstr("; layer '0' (Dense(2 -> 1)) gave NaN or infinity"));
  EXPECT_THAT(error, HasSubstr("; row 1 of batch 1 of the data has inf in input 0 [2, 2]. Lower the learning rate"));
  // Layers are finite, and so are the batches after it.
  data::TensorBatches good = with_a(0), target = with_a(kInfinity, &data::TensorRows::targets);
  EXPECT_THAT(OwnTrial().error(good, {}, {}, &target),
              HasSubstr("it appeared in the loss itself; row 1 of batch 1 of the data has inf in target 0 [2, 1]"));
}

TEST(OwnTask, RunsTheModelThatItIsGiven) {
  nn::Sequential another = nn::initialized(nn::Sequential{nn::Dense({.in = 2, .out = 1})}, 2);
  const Task<nn::Layer> task = [&](nn::Layer&, const data::Batch& batch) -> Outcome {
    return {.loss = losses::mean_squared_error(batch.target(), another(batch.input()))};
  };
  data::TensorBatches train(six_rows(), {.batch_size = 2});
  EXPECT_EQ(OwnTrial().error(train, {}, {}, nullptr, task),
            "fit: the loss depends on no parameter that the optimizer steps, so that nothing is learned; let the task "
            "run the model that it is given, and freeze less");
  EXPECT_THAT(OwnTrial().error(train, {.shards = 2}, {}, nullptr, task), HasSubstr("nothing is learned"));
}

TEST(OwnCallbacks, RunsGoOnWithTheSameSettingsOnly) {
  const auto resumed = [](Callback& before, Callback& after) {
    const TemporaryFolder folder;
    data::TensorBatches train(six_rows(), {.batch_size = 2});
    FitOptions options{.epochs = 1, .checkpoint = folder / "checkpoint", .resume = true};
    OwnTrial first, second;
    EXPECT_EQ(first.error(train, options, {&before}), "");
    options.epochs = 2;
    return second.error(train, options, {&after});
  };
  const auto cosine = [](std::int64_t length) { return optim::cosine({.rate = .1, .length = length}); };
  ClipGradientNorm one(1), same(1), two(2);
  EXPECT_EQ(resumed(one, same), "");
  EXPECT_THAT(resumed(one, two),
              HasSubstr("callback 1's largest gradient norm is 1 in the checkpoint and 2 here; give the same options"));
  LearningRateSchedule longer(cosine(2000), {.per = Per::step}), shorter(cosine(1000), {.per = Per::step}),
      epochs(cosine(1000), {.per = Per::epoch}), again(cosine(1000), {.per = Per::step});
  EXPECT_EQ(resumed(shorter, again), "");
  EXPECT_THAT(resumed(shorter, longer),
              HasSubstr("LearningRateSchedule: the last rate of the run was 'LearningRateSchedule step 2 0.0999990"));
  EXPECT_THAT(resumed(shorter, epochs), EndsWith("; give the schedule that the interrupted run had"));
  EXPECT_THAT(resumed(one, same), "") << "after the refusals, too";
}

TEST(OwnMetric, OnesThatShareATensorAreRefused) {
  struct Counts : Metric {
    Tensor counts = Tensor::zeros({2});
    std::string name() const override { return "counts"; }
    std::unique_ptr<Metric> fresh() const override { return std::make_unique<Counts>(*this); }
    void add(const data::Batch&, const Outcome&) override { counts.set({0}, counts.at({0}) + 1); }
    double value() const override { return counts.at({0}); }
    void visit_state(StateVisitor& visitor) override { visitor.tensor("counts", counts); }
  };
  EXPECT_EQ(error_of([] { RunningMetrics({std::make_shared<Counts>()}, RunningMetrics::For::validation); }),
            "Metric: fresh() of 'counts' gives the other metric this one's tensor, since copies of a Tensor share "
            "their elements; make a new one, such as Tensor::zeros(...)");
}

/// Numbers of rows, gathered as `fill` does it.
class OwnBatches : public data::IndexedBatches {
 public:
  using Fill = void (*)(const Tensor& samples, data::Batch& batch);
  explicit OwnBatches(Fill fill, RunSettings digest = {})
      : IndexedBatches("OwnBatches", 6, {.batch_size = 4}), fill_(fill), digest_(std::move(digest)) {}
  RunSettings digest() const override { return digest_; }

 protected:
  void gather(const Tensor& samples, data::Batch& batch) override { fill_(samples, batch); }

 private:
  Fill fill_;
  RunSettings digest_;
};

TEST(OwnBatches, GatherAsManySamplesAsTheyWereAskedFor) {
  OwnBatches few([](const Tensor&, data::Batch& batch) { batch.inputs = {Tensor::zeros({3, 2})}; });
  EXPECT_EQ(error_of([&] { few.make({}); }),
            "OwnBatches: gather() gave the input [3, 2] for 4 samples; the first axis must be the samples");
  OwnBatches scalar([](const Tensor&, data::Batch& batch) { batch.targets = {Tensor::zeros({})}; });
  EXPECT_THAT(error_of([&] { scalar.make({}); }), StartsWith("OwnBatches: gather() gave the target [] for 4 samples"));
  OwnBatches counting([](const Tensor&, data::Batch& batch) { batch.rows = 5; });
  EXPECT_EQ(error_of([&] { counting.make({}); }),
            "OwnBatches: gather() changed the batch's rows from 4 to 5; fill inputs and targets only");
}

TEST(OwnBatches, ACheckpointNeedsToKnowTheData) {
  const auto fill = [](const Tensor& samples, data::Batch& batch) {
    batch.inputs = {Tensor::zeros({samples.size(0), 2})};
    batch.targets = {Tensor::zeros({samples.size(0), 1})};
  };
  OwnBatches nameless(fill), named(fill, {{"rows", "zeros"}});
  const TemporaryFolder folder;
  EXPECT_EQ(OwnTrial().error(nameless), "") << "without a checkpoint nobody asks";
  EXPECT_EQ(OwnTrial().error(named, {.checkpoint = folder / "checkpoint"}), "");
  EXPECT_THAT(OwnTrial().error(nameless, {.checkpoint = folder / "checkpoint"}),
              StartsWith("fit: digest() of the training data is empty, and a checkpoint could not tell other data"));
}

}  // namespace
}  // namespace gibbs::train
