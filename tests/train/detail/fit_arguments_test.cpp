// What fit refuses before its first step, each with the sentence that says how to mend it.
#include "gibbs/train/detail/fit_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/sgd.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

data::ImageDataset pictures(std::vector<std::string> names) {
  return {.images = Tensor::zeros({2, 1, 2, 1}, DType::uint8),
          .labels = Tensor::of({0, 1}, DType::int64),
          .class_names = std::move(names),
          .problems = {}};
}

/// Arguments that are right, until a test spoils one.
struct Arguments {
  nn::Sequential model = nn::initialized(nn::Sequential{nn::Flatten(), nn::Dense({.in = 2, .out = 2})}, 0);
  std::vector<Named<Parameter>> parameters = nn::parameters(model);
  LossFunction loss = [](const Tensor& labels, const Variable& logits) {
    return losses::cross_entropy_with_logits(labels, logits);
  };
  data::Subset train = pictures({"cat", "dog"}), validation = pictures({"cat", "dog"});
  FitOptions options = {.batch_size = 2, .progress = ProgressStyle::silent};
  Callbacks callbacks;

  void fit() {
    optim::SGD sgd(parameters, {.learning_rate = 0.1});
    train::fit(model, sgd, loss, train, validation, options, callbacks);
  }
};

void expect_error(const std::string& message, const std::function<void(Arguments&)>& spoil) {
  Arguments arguments;
  spoil(arguments);
  const std::string before = nn::weights_sha256(arguments.model);
  EXPECT_THAT([&] { arguments.fit(); }, ::testing::ThrowsMessage<Error>(message));
  EXPECT_EQ(nn::weights_sha256(arguments.model), before) << "no step was taken";
}

TEST(FitArguments, RightOnesPass) { Arguments().fit(); }

TEST(FitArguments, WhereToWriteIsLookedAtFirst) {
  const gibbs::testing::TemporaryFolder folder;
  const std::string file = folder / "missing/file";
  const std::string message =
      "fit: cannot save to " + file + ": there is no folder " + folder / "missing" + "; make it before training";
  expect_error(message, [&](Arguments& a) { a.options.checkpoint = file; });
  expect_error(message, [&](Arguments& a) { a.options.history = file; });
  expect_error("fit: cannot save to " + folder.path().string() + ": it is a folder; name a file in it",
               [&](Arguments& a) { a.options.history = folder.path(); });
  expect_error("fit: out is null; give a stream, and ProgressStyle::silent for no progress",
               [](Arguments& a) { a.options.out = nullptr; });
}

TEST(FitArguments, ResumeNeedsACheckpoint) {
  expect_error("fit: resume needs a checkpoint; name its file", [](Arguments& a) { a.options.resume = true; });
}

TEST(FitArguments, CallbacksAreThereOnce) {
  Callback one, two;
  expect_error("fit: callback 1 is null", [&](Arguments& a) { a.callbacks = {&one, nullptr}; });
  expect_error("fit: callbacks 0 and 2 are the same object, which would be called twice; list it once",
               [&](Arguments& a) {
                 a.callbacks = {&one, &two, &one};
               });
}

TEST(FitArguments, FunctionsAreThere) {
  expect_error("fit: there is no loss function", [](Arguments& a) { a.loss = {}; });
  expect_error("ImageBatches: transform 0 is empty", [](Arguments& a) { a.options.transforms = {{}}; });
}

TEST(FitArguments, TheOptimizerIsThisModels) {
  expect_error(
      "fit: the optimizer has none of the model's parameters, so that training would change nothing; make it from "
      "nn::parameters(model)",
      [](Arguments& a) { a.parameters = nn::parameters(*nn::clone(a.model)); });
  Arguments head;  // one of them is enough
  head.parameters.resize(1);
  head.fit();
}

TEST(FitArguments, BothSetsNumberTheirClassesAlike) {
  expect_error(
      "fit: class 1 is 'dog' in the training set and 'fish' in the validation set; give both the same list of classes",
      [](Arguments& a) {
        a.train = pictures({"cat", "dog", "fish"});
        a.validation = pictures({"cat", "fish"});
      });
  Arguments fewer;
  fewer.train = pictures({"cat", "dog", "fish"});
  fewer.fit();
}

}  // namespace
}  // namespace gibbs::train
