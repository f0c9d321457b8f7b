// Weights: saved, loaded, fingerprinted; whatever does not fit is reported whole and nothing is half loaded.
#include "gibbs/nn/weights.h"

#include "gibbs/nn/layers/conv2d.h"
#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/layers/dropout.h"
#include "gibbs/nn/sequential.h"
#include "gibbs/tensor/version.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::contents;
using gibbs::testing::TemporaryFolder;

using gibbs::testing::error_of;

Sequential model_of(std::uint64_t seed, double rate = 0.5) {
  return initialized(Sequential(Dense({.in = 3, .out = 2}), Dropout({.rate = rate}), Dense({.in = 2, .out = 2})), seed);
}

/// A layer with a parameter, a buffer and nothing to do.
class Counting : public Layer {
 public:
  void visit(ModuleVisitor& visitor) override {
    visitor.parameter("scale", scale);
    visitor.buffer("count", count);
  }
  std::string describe() const override { return "Counting"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Counting>(*this); }

  Parameter scale{Tensor::ones({2})};
  Buffer count{Tensor::of(7, DType::int64)};

 protected:
  Variable forward(const Variable& x) override { return x; }
};

TEST(Weights, AFileCarriesWeightsFromOneModelToAnother) {
  const TemporaryFolder folder;
  Sequential model = model_of(1), other = model_of(2);
  ASSERT_NE(weights_sha256(model), weights_sha256(other));
  save_weights(model, folder / "a", {{"epoch", "3"}});
  const io::Metadata metadata = load_weights(other, folder / "a");
  EXPECT_EQ(weights_sha256(model), weights_sha256(other));
  EXPECT_EQ(metadata, (io::Metadata{{"epoch", "3"},
                                    {"gibbs.architecture", "0: Dense(3 -> 2)\n1: Dropout(0.5)\n2: Dense(2 -> 2)\n"},
                                    {"gibbs.version", std::string(kVersion)}}));
  EXPECT_EQ(error_of([&] {
              save_weights(model, folder / "b", {{"gibbs.x", "y"}});
            }),
            "save_weights: metadata 'gibbs.x': keys beginning with 'gibbs.' are taken");
}

TEST(Weights, NamesAreThePathsOfVisitAndBuffersBelong) {
  Counting layer;
  Sequential model(layer, Dropout({.rate = 0.1}));
  const NamedTensors tensors = named_tensors(model);
  ASSERT_EQ(tensors.size(), 2);
  EXPECT_EQ(tensors[0].path, "0.scale");
  EXPECT_EQ(tensors[1].path, "0.count");
  load_tensors(model, {{"0.count", Tensor::of(9, DType::int64)}, {"0.scale", Tensor::of({3, 4})}});
  EXPECT_EQ(layer.count.value().item(), 9);
  EXPECT_EQ(layer.scale.value().to_vector(), (std::vector<double>{3, 4}));
}

TEST(Weights, WhatDoesNotFitIsListedAndNothingIsLoaded) {
  Sequential model = model_of(1);
  const std::string before = weights_sha256(model);
  NamedTensors tensors = named_tensors(model);
  tensors[0].item = Tensor::zeros({3, 2});  // fits, but must not be loaded
  tensors[1].item = Tensor::zeros({3});
  tensors[2].item = Tensor::zeros({2, 2}, DType::float64);
  tensors[3].path = "3.bias";
  EXPECT_EQ(error_of([&] { load_tensors(model, tensors, "weights.bin"); }),
            "weights.bin: the tensors do not fit the model; nothing was loaded\n"
            "  missing: 2.bias\n"
            "  not in the model: 3.bias\n"
            "  different: 0.bias (expected float32 [2], found float32 [3]), "
            "2.weight (expected float32 [2, 2], found float64 [2, 2])");
  EXPECT_EQ(weights_sha256(model), before);
  EXPECT_EQ(error_of([&] {
              load_tensors(model, {tensors[0], tensors[0]});
            }),
            "load_tensors: two tensors are named '0.weight'");
  EXPECT_EQ(error_of([&] {
              load_tensors(model, {{"0.bias", Tensor()}});
            }),
            "load_tensors: tensor '0.bias' is undefined");
}

TEST(Weights, LongListsAreCut) {
  Sequential model = model_of(1);
  NamedTensors tensors = named_tensors(model);
  for (int i = 0; i < 25; ++i) {
    tensors.push_back({std::string("x").append(std::to_string(i)), Tensor::zeros({1})});
  }
  EXPECT_THAT(error_of([&] { load_tensors(model, tensors); }), ::testing::EndsWith("x18, x19 and 5 more"));
}

TEST(Weights, AnotherArchitectureIsAnErrorUnlessWanted) {
  const TemporaryFolder folder;
  Sequential model = model_of(1), other = model_of(2, 0.25);
  const std::string path = folder / "a", before = weights_sha256(other);
  save_weights(model, path);
  EXPECT_EQ(error_of([&] { load_weights(other, path); }),
            "load_weights: " + path +
                ": saved from another architecture: '1: Dropout(0.5)' in the file, '1: Dropout(0.25)' in the model; "
                "nothing was loaded. If this is wanted, load with .compare_architecture = false");
  EXPECT_EQ(weights_sha256(other), before);
  load_weights(other, folder / "a", {.compare_architecture = false});
  EXPECT_EQ(weights_sha256(other), weights_sha256(model));
}

TEST(Weights, FilesOfOtherProgramsTellNoArchitecture) {
  const TemporaryFolder folder;
  Sequential model = model_of(1), other = model_of(2, 0.25);
  io::write_safetensors(folder / "a", named_tensors(model));
  load_weights(other, folder / "a");
  EXPECT_EQ(weights_sha256(other), weights_sha256(model));
}

TEST(Weights, LoadIntoAPendingModel) {
  const TemporaryFolder folder;
  Sequential saved = model_of(1);
  save_weights(saved, folder / "a");
  Sequential pending(Dense({.in = 3, .out = 2}), Dropout({.rate = 0.5}), Dense({.in = 2, .out = 2}));
  EXPECT_EQ(error_of([&] { save_weights(pending, folder / "b"); }),
            "named_tensors: parameter '0.weight' has no numbers yet; call nn::initialize(model, seed) first");
  EXPECT_EQ(error_of([&] {
              load_tensors(pending, {{"0.weight", Tensor::zeros({2})}}, "few");
            }),
            "few: the tensors do not fit the model; nothing was loaded\n"
            "  missing: 0.bias, 2.weight, 2.bias\n"
            "  different: 0.weight (expected float32 [3, 2], found float32 [2])");
  EXPECT_TRUE(has_pending(pending));
  load_weights(pending, folder / "a");
  EXPECT_EQ(weights_sha256(pending), weights_sha256(saved));
  initialize(pending, 2);
  EXPECT_EQ(weights_sha256(pending), weights_sha256(saved)) << "what was loaded stays";

  load_tensors(saved, named_tensors(pending));
  parameters(pending)[0].item.mutable_value().fill(0);
  EXPECT_EQ(weights_sha256(saved), weights_sha256(*clone(saved)));
  EXPECT_NE(weights_sha256(pending), weights_sha256(saved));
}

TEST(Weights, ThatDifferDoNotLoadIntoAPendingTie) {
  const Dense layer({.in = 2, .out = 2, .bias = false});
  Sequential tied(layer, layer);
  EXPECT_EQ(error_of([&] {
              load_tensors(tied, {{"0.weight", Tensor::zeros({2, 2})}, {"1.weight", Tensor::ones({2, 2})}}, "untied");
            }),
            "untied: '0.weight' and '1.weight' are one tensor in the model, but differ here; nothing was loaded");
  EXPECT_TRUE(has_pending(tied));
  load_tensors(tied, {{"0.weight", Tensor::ones({2, 2})}, {"1.weight", Tensor::ones({2, 2})}});
  EXPECT_EQ(parameters(tied)[0].item.value().to_vector(), (std::vector<double>{1, 1, 1, 1}));
}

TEST(Weights, TiedTensorsAreSavedUnderEachNameAndMustAgree) {
  const TemporaryFolder folder;
  const Dense layer({.in = 2, .out = 2});
  Sequential tied(layer, layer);
  initialize(tied, 1);
  save_weights(tied, folder / "a");
  EXPECT_EQ(io::read_safetensors(folder / "a").tensors.size(), 4);
  load_weights(tied, folder / "a");

  Sequential untied(Dense({.in = 2, .out = 2}), Dense({.in = 2, .out = 2}));
  initialize(untied, 1);
  const std::string before = weights_sha256(tied);
  EXPECT_EQ(error_of([&] { load_tensors(tied, named_tensors(untied), "untied"); }),
            "untied: '0.weight' and '1.weight' are one tensor in the model, but differ here; nothing was loaded");
  EXPECT_EQ(weights_sha256(tied), before);
}

TEST(Weights, LoadingWritesInPlaceAndGraphsNotice) {
  Sequential model = model_of(1), other = model_of(2);
  const Parameter weight = parameters(model)[0].item;
  const Variable y = weight.variable();
  load_tensors(model, named_tensors(other));
  EXPECT_EQ(weight.value().to_vector(), parameters(other)[0].item.value().to_vector());
  EXPECT_THROW(y.value(), Error);
}

TEST(Weights, TheFingerprintIsOfNamesShapesAndBytes) {
  Counting layer;
  // printf 'scale\0float32 [2]\0\0\x80\x3f\0\0\x80\x3fcount\0int64 []\x07\0\0\0\0\0\0\0' | sha256sum
  EXPECT_EQ(weights_sha256(layer), "7a38c8b2c5b1f7d1183433f3ba10eb257ec8a566b35e444e2e90a9b5fceeeea6");
  const std::string before = weights_sha256(layer);
  layer.count.mutable_value().fill(8);
  EXPECT_NE(weights_sha256(layer), before);
  layer.count.mutable_value().fill(7);
  layer.scale.replace(Tensor::ones({2, 1}));
  EXPECT_NE(weights_sha256(layer), before);
}

}  // namespace
}  // namespace gibbs::nn
