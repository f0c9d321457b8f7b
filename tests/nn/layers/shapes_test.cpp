// Layers that change shapes, and branches: what they say of themselves, where their parts are found, what a model of
// them is compared by. What they compute, and what they refuse, is in tests/battery.
#include <sstream>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::near;
using gibbs::testing::TemporaryFolder;

TEST(Shapes, LayersDescribeTheirOptions) {
  EXPECT_EQ(AdaptiveAvgPool2d({.size = {7, 5}}).describe(), "AdaptiveAvgPool2d(7x5)");
  EXPECT_EQ(Upsample({.scale = 2}).describe(), "Upsample(scale 2x2, nearest)");
  EXPECT_EQ(Upsample({.size = {9, 7}, .mode = Interpolation::bilinear, .align_corners = true}).describe(),
            "Upsample(to 9x7, bilinear, align_corners)");
  EXPECT_EQ(Reshape({.shape = {7, -1, 64}}).describe(), "Reshape(7x-1x64)");
  EXPECT_EQ(Permute({.axes = {2, 3, 1}}).describe(), "Permute(2, 3, 1)");
  EXPECT_EQ(Concat(ReLU()).describe(), "Concat(axis -1)");
  EXPECT_EQ(Concat({.axis = 2}, ReLU(), Tanh()).describe(), "Concat(axis 2)");
  EXPECT_EQ(Parallel(ReLU(), Tanh()).describe(), "Parallel(sum)");
  EXPECT_EQ(Parallel({.combine = Combine::product}, ReLU()).describe(), "Parallel(product)");
  EXPECT_EQ(Lambda("twice", [](const Variable& x) { return x + x; }).describe(), "Lambda(twice)");
}

TEST(Shapes, LayersCountTheirWork) {
  EXPECT_EQ(AdaptiveAvgPool2d({.size = 2}).flops({2, 4, 6, 3}, {2, 2, 2, 3}), 2 * 4 * 6 * 3);
  EXPECT_EQ(AdaptiveAvgPool2d({.size = 2}).flops({1, 3, 2, 1}, {1, 2, 2, 1}), 4 * 2) << "a row in both bins";
  EXPECT_EQ(Upsample({.scale = 2}).flops({1, 4, 4, 3}, {1, 8, 8, 3}), 0);
  EXPECT_EQ(
      Upsample({.size = 3, .mode = Interpolation::bilinear, .align_corners = true}).flops({1, 2, 2, 5}, {1, 3, 3, 5}),
      2 * 5 * 4 * 4)
      << "the first and last are what they were";
  EXPECT_EQ(Parallel(ReLU(), ReLU(), ReLU()).flops({1, 4}, {1, 4}), 8);
  EXPECT_EQ(Parallel({.combine = Combine::mean}, ReLU(), ReLU()).flops({1, 4}, {1, 4}), 8);
}

TEST(Shapes, NoBatchIsABatchOfNoSamples) {
  EXPECT_EQ(Reshape({.shape = {2, -1}})(Tensor::ones({0, 6})).shape(), Shape({0, 2, 3}));
  EXPECT_EQ(Permute({.axes = {2, 1}})(Tensor::ones({0, 6, 2})).shape(), Shape({0, 2, 6}));
  EXPECT_EQ(Upsample({.scale = 2})(Tensor::ones({0, 2, 3, 1})).shape(), Shape({0, 4, 6, 1}));
  EXPECT_EQ(AdaptiveAvgPool2d({.size = 2})(Tensor::ones({0, 2, 3, 1})).shape(), Shape({0, 2, 2, 1}));
}

TEST(Shapes, IntegersAreReshapedToo) {
  const Tensor tokens = Tensor::of({{1, 2, 3, 4}}, DType::int64);
  const Variable y = Permute({.axes = {2, 1}})(Reshape({.shape = {2, 2}})(tokens));
  EXPECT_EQ(y.dtype(), DType::int64);
  EXPECT_EQ(y.value().to_vector(), (std::vector<double>{1, 3, 2, 4}));
}

/// A block of branches: x beside two other views of it, weighed by a gate.
Sequential branches(std::uint64_t seed = 1) {
  Sequential model{
      Concat(Sequential(), Conv2d({.in = 2, .out = 2, .kernel = 3, .padding = 1}),
             Sequential(MaxPool2d({.window = 3, .stride = 1, .padding = 1}), ReLU())),
      Parallel({.combine = Combine::product}, Sequential(),
               Sequential(GlobalAvgPool2d(), Dense({.in = 6, .out = 6}), Sigmoid(), Reshape({.shape = {1, 1, 6}})))};
  initialize(model, seed);
  return model;
}

TEST(Branches, AreNamedByTheirNumbersAndShown) {
  Sequential model = branches();
  std::vector<std::string> names;
  for (const auto& [path, parameter] : named_parameters(model)) {
    names.push_back(path);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"0.1.weight", "0.1.bias", "1.1.1.weight", "1.1.1.bias"}));
  const std::string text = summary(model, {4, 4, 2});
  EXPECT_THAT(text, ::testing::ContainsRegex("\n0: Concat\\(axis -1\\) +\\(None, 4, 4, 6\\) +0 "));
  EXPECT_THAT(text, ::testing::ContainsRegex("\n1: Parallel\\(product\\) +\\(None, 4, 4, 6\\) +0 "));
  const CheckReport report = check_layer(model, {2, 3, 3, 2});
  EXPECT_TRUE(report) << report;
}

TEST(Branches, CopiesShareParametersAndClonesDoNot) {
  Sequential model = branches();
  Sequential copy = model;
  const std::unique_ptr<Sequential> own = clone(model);
  EXPECT_TRUE(parameters(copy)[2].item.same_as(parameters(model)[2].item));
  EXPECT_FALSE(parameters(*own)[2].item.same_as(parameters(model)[2].item));
  const Concat one{ReLU(), Tanh()};
  Concat two = one;
  EXPECT_EQ(two(Tensor::ones({1, 3})).shape(), Shape({1, 6})) << "a copy, not a branch";
}

TEST(Branches, WeightsDoNotLoadIntoAnotherCombination) {
  const TemporaryFolder folder;
  const auto pair = [](Combine combine) {
    return initialized(Parallel({.combine = combine}, Dense({.in = 2, .out = 2}), Dense({.in = 2, .out = 2})), 1);
  };
  Parallel sum = pair(Combine::sum), product = pair(Combine::product), same = pair(Combine::sum);
  save_weights(sum, folder / "sum");
  load_weights(same, folder / "sum");
  EXPECT_EQ(error_of([&] { load_weights(product, folder / "sum"); }),
            "load_weights: " + (folder / "sum") +
                ": saved from another architecture: ': Parallel(sum)' in the file, ': Parallel(product)' in the model; "
                "nothing was loaded. If this is wanted, load with .compare_architecture = false");
}

TEST(Branches, ErrorsNameThePlace) {
  Sequential model{ReLU(), Concat(Sequential(), MaxPool2d({.window = 2}))};
  EXPECT_EQ(error_of([&] {
              model(Tensor::ones({1, 4, 4, 2}));
            }),
            "Concat: layer '1' cannot join along axis -1: branch 0 gives float32 [1, 4, 4, 2], branch 1 float32 "
            "[1, 2, 2, 2]; all other sizes must be equal: give branches the same stride, and padding that keeps the "
            "size");
  Sequential rows{Parallel(Sequential(), Lambda("first row", [](const Variable& x) { return slice(x, 0, 0, 1); }))};
  EXPECT_EQ(error_of([&] {
              rows(Tensor::ones({3, 2}));
            }),
            "Parallel: layer '0' makes a sum, but branch 1 gives float32 [1, 2], those before it float32 [3, 2]; "
            "samples must be as many, and other sizes equal or 1");
}

TEST(Lambda, ACheckSeesAParameterThatItHides) {
  const Parameter hidden(Tensor::ones({3}));
  Lambda layer("scaled", [hidden](const Variable& x) { return x * hidden; });
  const CheckReport report = check_layer(layer, {2, 3});
  EXPECT_FALSE(report);
  std::ostringstream text;
  text << report;
  EXPECT_THAT(text.str(), ::testing::HasSubstr("forward reads a trainable [3] that visit does not report"));
}

}  // namespace
}  // namespace gibbs::nn
