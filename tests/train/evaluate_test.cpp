#include "gibbs/train/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"

namespace gibbs::train {
namespace {

/// Two pixels in, the same two numbers out as logits: what is predicted can be read off the picture.
class PixelsAsLogits : public nn::Layer {
 public:
  std::string describe() const override { return "PixelsAsLogits"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<PixelsAsLogits>(*this); }
  int calls = 0, training_calls = 0, traced_calls = 0;

 protected:
  Variable forward(const Variable& x) override {
    ++calls;
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

Variable loss_of_pixels(const Tensor& labels, const Variable& logits) {
  return losses::cross_entropy_with_logits(labels, logits);
}

TEST(Evaluate, FindsLossAccuracyPredictionsAndConfidences) {
  PixelsAsLogits model;
  const Evaluation evaluation = evaluate(model, loss_of_pixels, set(), {.batch_size = 2});
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
  evaluate(model, loss_of_pixels, set());
  EXPECT_EQ(model.training_calls, 0);
  EXPECT_EQ(model.traced_calls, 0);
}

TEST(Evaluate, RunsNoTrainingInsideOfATrainingScope) {
  PixelsAsLogits model;
  int seen = 0;
  const nn::ForwardScope scope(
      {.training = true,
       .observer = [&](const std::string&, nn::Module&, const Variables&, const Variables&) { ++seen; }});
  evaluate(model, loss_of_pixels, set());
  predict(model, Tensor::zeros({1, 1, 2, 1}));
  EXPECT_EQ(model.training_calls, 0);
  EXPECT_EQ(model.calls, 2);
  EXPECT_EQ(seen, 2) << "the scope's observer stays";
  EXPECT_TRUE(nn::ForwardScope::current().training) << "and so does its training, afterwards";
}

/// Two pictures, of logits (1, 0) and (0, 0).
const data::ImageDataset& two_pictures() {
  static const data::ImageDataset dataset{.images = Tensor::of({255, 0, 0, 0}, DType::uint8).reshape({2, 1, 2, 1}),
                                          .labels = Tensor::of({0, 1}, DType::int64),
                                          .class_names = {"left", "right"},
                                          .problems = {}};
  return dataset;
}

TEST(Evaluate, ConfidencesAreProbabilitiesWhateverTheModelEndsIn) {
  nn::Sequential logits{PixelsAsLogits()}, ends_in_softmax{PixelsAsLogits(), nn::Softmax()};
  const auto loss = [](const Tensor& labels, const Variable& q) {
    return losses::cross_entropy_with_probabilities(labels, q);
  };
  const double right = 1 / (1 + std::exp(-1.0));  // 0.7311; a softmax of the softmax gives 0.6135
  for (const Evaluation& evaluation :
       {evaluate(logits, loss_of_pixels, two_pictures()), evaluate(ends_in_softmax, loss, two_pictures())}) {
    EXPECT_NEAR(evaluation.confidences[0], right, 1e-6);
    EXPECT_NEAR(evaluation.confidences[1], 0.5, 1e-6);
  }
  const Evaluation said = evaluate(logits, loss_of_pixels, two_pictures(), {.outputs = Outputs::probabilities});
  EXPECT_EQ(said.confidences[0], 1) << "the caller knows best";
}

/// As many logits as there are classes, of which the last is the largest.
class LastOf : public nn::Layer {
 public:
  explicit LastOf(std::int64_t classes) : classes_(classes) {}
  std::string describe() const override { return "LastOf"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<LastOf>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    Tensor row = Tensor::arange(0, static_cast<double>(classes_)).reshape({1, classes_});
    return add(Tensor::zeros({x.size(0), 1}), row);
  }

 private:
  std::int64_t classes_;
};

TEST(Evaluate, TheModelMayKnowClassesThatTheSetLacks) {
  LastOf model(4);
  const Evaluation evaluation = evaluate(model, loss_of_pixels, set());
  EXPECT_EQ(evaluation.confusion.classes(), 4);
  EXPECT_EQ(evaluation.confusion.counts().at({0, 3}), 1);
  EXPECT_EQ(evaluation.confusion.counts().at({1, 3}), 2);
  EXPECT_EQ(evaluation.accuracy, 0);
  EXPECT_TRUE(std::isnan(evaluation.confusion.class_accuracy(3)));
}

TEST(Evaluate, ASetMayNameMoreClassesThanTheModelKnowsButNotShowThem) {
  LastOf one(1);
  const auto any_loss = [](const Tensor&, const Variable&) { return Variable(Tensor::zeros({})); };
  EXPECT_THAT([&] { evaluate(one, any_loss, set(), {.batch_size = 1}); },
              ::testing::ThrowsMessage<Error>(
                  "evaluate: image 1 has label 1, and the model has outputs for classes 0 to 0; number the classes of "
                  "both sets alike, or give the model an output for each"));
  const Evaluation first = evaluate(one, any_loss, data::Subset(set(), {0}));
  EXPECT_EQ(first.accuracy, 1);
  EXPECT_EQ(first.confusion.classes(), 1);
}

TEST(Evaluate, NothingAndBatchesOfNothingAreErrors) {
  PixelsAsLogits model;
  EXPECT_THAT([&] { evaluate(model, loss_of_pixels, data::Subset(set(), {})); },
              ::testing::ThrowsMessage<Error>("evaluate: the set is empty; there is nothing to evaluate on"));
  for (std::int64_t batch_size : {0, -1}) {
    const std::string rest = ": batch_size must be at least 1, it is " + std::to_string(batch_size);
    EXPECT_THAT([&] { evaluate(model, loss_of_pixels, set(), {.batch_size = batch_size}); },
                ::testing::ThrowsMessage<Error>("evaluate" + rest));
    EXPECT_THAT(
        [&] {
          predict(model, Tensor::zeros({1, 1, 2, 1}), {.batch_size = batch_size});
        },
        ::testing::ThrowsMessage<Error>("predict" + rest));
  }
}

TEST(Evaluate, OutputsThatAreNoRowsAreErrors) {
  nn::Sequential pictures{nn::ReLU()};
  EXPECT_THAT(
      [&] { evaluate(pictures, loss_of_pixels, set()); },
      ::testing::ThrowsMessage<Error>("evaluate: the model must give [3, classes] for 3 images; it gave [3, 1, 2, 1]"));
  EXPECT_THAT(
      [&] {
        predict_probabilities(pictures, Tensor::zeros({1, 1, 2, 1}));
      },
      ::testing::ThrowsMessage<Error>(
          "predict_probabilities: the model must give [1, classes] for 1 images; it gave [1, 1, 2, 1]"));
}

TEST(Evaluate, ABatchMayBeLargerThanTheSetAndTheLastOneSmaller) {
  PixelsAsLogits model;
  const Evaluation whole = evaluate(model, loss_of_pixels, set(), {.batch_size = INT64_MAX});
  const Evaluation cut = evaluate(model, loss_of_pixels, set(), {.batch_size = 2});
  EXPECT_EQ(model.calls, 1 + 2);
  EXPECT_NEAR(whole.loss, cut.loss, 1e-6);
  EXPECT_EQ(whole.confidences, cut.confidences);
  EXPECT_EQ(predict(model, Tensor::zeros({3, 1, 2, 1}), {.batch_size = INT64_MAX}).size(0), 3);
}

TEST(Predict, ProbabilitiesAreOfEitherKindOfModel) {
  nn::Sequential logits{PixelsAsLogits()}, ends_in_softmax{PixelsAsLogits(), nn::Softmax()};
  const Tensor images = Tensor::of({1, 0, 0, 0.5}).reshape({2, 1, 2, 1});
  for (nn::Sequential* model : {&logits, &ends_in_softmax}) {
    const Tensor p = predict_probabilities(*model, images, {.batch_size = 1});
    EXPECT_EQ(p.shape(), Shape({2, 2}));
    EXPECT_NEAR(p.at({0, 0}), 1 / (1 + std::exp(-1.0)), 1e-6);
    EXPECT_NEAR(p.at({1, 1}), 1 / (1 + std::exp(-0.5)), 1e-6);
  }
  EXPECT_NEAR(predict(ends_in_softmax, images).at({0, 0}), 1 / (1 + std::exp(-1.0)), 1e-6) << "as it is";
  EXPECT_EQ(predict(logits, images).at({0, 0}), 1);
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
