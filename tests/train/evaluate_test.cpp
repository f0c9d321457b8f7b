#include "gibbs/train/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"

namespace gibbs::train {
namespace {

/// Two pixels in, the same two numbers out as logits: what is predicted can be read off the picture.
class PixelsAsLogits : public nn::Module {
 public:
  std::string describe() const override { return "PixelsAsLogits"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<PixelsAsLogits>(*this); }
  int training_calls = 0, traced_calls = 0;

 protected:
  Variable forward(const Variable& x) override {
    training_calls += nn::ForwardScope::current().training;
    traced_calls += tape_is_on();
    return flatten(x);
  }
};

const data::ImageDataset& set() {
  static const data::ImageDataset dataset{
      .images = Tensor::of({255, 0, 0, 255, 255, 51}, DType::uint8).reshape({3, 1, 2, 1}),
      .labels = Tensor::of({0, 1, 1}, DType::int64),
      .class_names = {"left", "right"},
      .problems = {}};
  return dataset;
}

Variable cross_entropy(const Tensor& labels, const Variable& logits) {
  return losses::cross_entropy_with_logits(labels, logits);
}

TEST(Evaluate, FindsLossAccuracyPredictionsAndConfidences) {
  PixelsAsLogits model;
  const Evaluation evaluation = evaluate(model, cross_entropy, set(), {.batch_size = 2});
  const double likely = 1 / (1 + std::exp(-1.0)), less = 1 / (1 + std::exp(-0.8));
  EXPECT_NEAR(evaluation.loss, -(2 * std::log(likely) + std::log(1 - less)) / 3, 1e-6);
  EXPECT_DOUBLE_EQ(evaluation.accuracy, 2.0 / 3);
  EXPECT_EQ(evaluation.predictions, (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_NEAR(evaluation.confidences[0], likely, 1e-6);
  EXPECT_NEAR(evaluation.confidences[2], less, 1e-6);
  EXPECT_EQ(evaluation.confusion.counts().to_vector(), (std::vector<double>{1, 0, 1, 1}));
}

TEST(Evaluate, RunsNeitherTrainingNorTape) {
  PixelsAsLogits model;
  evaluate(model, cross_entropy, set());
  EXPECT_EQ(model.training_calls, 0);
  EXPECT_EQ(model.traced_calls, 0);
}

TEST(Predict, JoinsItsBatches) {
  PixelsAsLogits model;
  const Tensor images = Tensor::arange(0, 10).reshape({5, 1, 2, 1});
  const Tensor logits = predict(model, images, {.batch_size = 2});
  EXPECT_EQ(logits.shape(), Shape({5, 2}));
  EXPECT_EQ(logits.to_vector(), images.to_vector());
  EXPECT_THAT(
      [&] {
        predict(model, Tensor::zeros({0, 1, 2, 1}));
      },
      ::testing::ThrowsMessage<Error>("predict: needs at least one image, received [0, 1, 2, 1]"));
}

}  // namespace
}  // namespace gibbs::train
