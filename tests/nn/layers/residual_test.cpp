// Residual: what it adds to what, and that blocks inside of blocks are named, saved, copied, shown and refused like
// any other layers.
#include "gibbs/nn/layers/residual.h"

#include "gibbs/autograd/draw_graph.h"
#include "gibbs/autograd/notes.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::near;
using gibbs::testing::random;
using gibbs::testing::TemporaryFolder;

/// Two blocks of a small residual network, the second of which halves the picture and doubles the channels.
Sequential two_blocks(std::uint64_t seed = 1) {
  const auto convolution = [](std::int64_t in, std::int64_t out, std::int64_t stride) {
    return Conv2d({.in = in, .out = out, .kernel = 3, .stride = stride, .padding = 1, .bias = false});
  };
  Sequential model{Residual(Sequential(convolution(2, 2, 1), BatchNorm({.features = 2}), ReLU(), convolution(2, 2, 1))),
                   ReLU(),
                   Residual(Sequential(convolution(2, 4, 2), ReLU(), convolution(4, 4, 1)),
                            Conv2d({.in = 2, .out = 4, .kernel = 1, .stride = 2, .bias = false}))};
  initialize(model, seed);
  return model;
}

Tensor pictures() { return kernels::normal({.seed = 4}, {2, 6, 6, 2}); }

TEST(Residual, AddsWhatTheInnerLayersAndTheShortcutGive) {
  Dense inner = initialized(Dense({.in = 3, .out = 3}), 1), shortcut = initialized(Dense({.in = 3, .out = 3}), 2);
  const Tensor x = kernels::normal({.seed = 3}, {4, 3});
  EXPECT_TRUE(near(Residual(inner)(x).value(), inner(x).value() + x, 0));
  EXPECT_TRUE(near(Residual(inner, shortcut)(x).value(), inner(x).value() + shortcut(x).value(), 0));
  EXPECT_TRUE(near(Residual(Sequential())(x).value(), x + x, 0)) << "no layers are the identity";
}

TEST(Residual, NamesItsPartsInnerAndShortcut) {
  Sequential model = two_blocks();
  std::vector<std::string> names;
  for (const auto& [path, parameter] : named_parameters(model)) {
    names.push_back(path);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"0.inner.0.weight", "0.inner.1.weight", "0.inner.1.bias", "0.inner.3.weight",
                                      "2.inner.0.weight", "2.inner.2.weight", "2.shortcut.weight"}));
  EXPECT_EQ(set_frozen(model, "0.inner", true), 4);
  EXPECT_FALSE(parameters(model)[4].item.frozen());
}

TEST(Residual, CopiesShareParametersAndClonesDoNot) {
  Sequential model = two_blocks();
  const Tensor x = pictures(), y = model(x).value();
  Sequential copy = model;
  const std::unique_ptr<Sequential> own = clone(model);
  EXPECT_TRUE(parameters(copy)[0].item.same_as(parameters(model)[0].item));
  EXPECT_FALSE(parameters(*own)[6].item.same_as(parameters(model)[6].item));
  parameters(*own)[6].item.mutable_value().fill(0);
  EXPECT_TRUE(near(copy(x).value(), y, 0));
  EXPECT_TRUE(near(model(x).value(), y, 0));
  EXPECT_FALSE(near((*own)(x).value(), y, 1e-3));
}

TEST(Residual, IsSavedUnderItsPathsAndRefusesTheWeightsOfOtherBlocks) {
  const TemporaryFolder folder;
  Sequential model = two_blocks(1), other = two_blocks(2);
  save_weights(model, folder / "a");
  load_weights(other, folder / "a");
  EXPECT_TRUE(near(other(pictures()).value(), model(pictures()).value(), 0));
  Sequential past{Residual(Dense({.in = 2, .out = 2}))};
  initialize(past, 1);
  EXPECT_EQ(architecture_text(past), "0: Residual\n0.inner: Dense(2 -> 2)\n");
  save_weights(past, folder / "b");
  Sequential longer{Residual(Sequential(Dense({.in = 2, .out = 2})))};
  EXPECT_EQ(error_of([&] { load_weights(longer, folder / "b"); }),
            "load_weights: " + (folder / "b") +
                ": saved from another architecture: '0.inner: Dense(2 -> 2)' in the file, '0.inner.0: Dense(2 -> 2)' "
                "in the model; nothing was loaded. If this is wanted, load with .compare_architecture = false");
}

TEST(Residual, HasALineInTheSummaryAfterThoseOfItsLayers) {
  Sequential model{Residual(Sequential(Dense({.in = 4, .out = 8}), ReLU(), Dense({.in = 8, .out = 4})))};
  EXPECT_EQ(summary(model, {4}),
            "Layer                     Output shape  Params  MFLOP\n"
            "=====================================================\n"
            "0.inner.0: Dense(4 -> 8)  (None, 8)         40  0.000\n"
            "0.inner.1: ReLU           (None, 8)          0  0.000\n"
            "0.inner.2: Dense(8 -> 4)  (None, 4)         36  0.000\n"
            "0: Residual               (None, 4)          0  0.000\n"
            "=====================================================\n"
            "Total params: 76\n"
            "Trainable params: 76\n"
            "Non-trainable params: 0\n"
            "MFLOP per sample: 0.000\n");
  EXPECT_EQ(Residual(ReLU()).flops({1, 4}, {1, 4}), 4);
}

TEST(Residual, EqualBlocksAreFoldedInTheSummary) {
  Sequential model;
  for (int block = 0; block < 3; ++block) {
    model.add(Residual(Dense({.in = 4, .out = 4})));
  }
  EXPECT_THAT(summary(model, {4}), ::testing::HasSubstr("0-2: Residual, 3 times  (None, 4)         60  0.000\n"
                                                        "  inner: Dense(4 -> 4)  (None, 4)         20  0.000\n"
                                                        "  Residual              (None, 4)          0  0.000\n"));
}

TEST(Residual, HooksAndObserversSeeEveryLayerInside) {
  Sequential model = two_blocks();
  std::vector<std::string> seen;
  const HookHandle hook =
      named_modules(model)[2].item->on_forward([&](const Variable&, const Variable& y) { return y * 0.0; });
  ASSERT_EQ(named_modules(model)[2].path, "0.inner");
  const Tensor x = pictures();
  Variable first;
  {
    const ForwardScope scope({.observer = [&](const std::string& path, Module&, const Variables&, const Variables& y) {
      seen.push_back(path);
      first = path == "0" ? y[0] : first;
    }});
    model(x);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"0.inner.0", "0.inner.1", "0.inner.2", "0.inner.3", "0.inner", "0", "1",
                                            "2.inner.0", "2.inner.1", "2.inner.2", "2.inner", "2.shortcut", "2", ""}));
  EXPECT_TRUE(near(first.value(), x, 0)) << "the hook has taken the inner layers away";
}

TEST(Residual, APictureOfTheGraphShowsTheBlock) {
  Sequential model{Residual(Dense({.in = 2, .out = 2}))};
  initialize(model, 1);
  const NotesScope notes;
  const std::string drawing = draw_graph(model(Tensor::ones({1, 2})));
  EXPECT_THAT(drawing, ::testing::HasSubstr("0: Residual"));
  EXPECT_THAT(drawing, ::testing::HasSubstr("0.inner: Dense(2 -&gt; 2)"));
}

TEST(Residual, BlocksInARowPassEveryCheckOfALayer) {
  Sequential model = two_blocks();
  const CheckReport report = check_layer(model, {2, 4, 4, 2});
  EXPECT_TRUE(report) << report;
}

TEST(Residual, ErrorsNameThePlaceAndTheRepair) {
  const auto message = [](Residual block, const Tensor& x) {
    Sequential model{ReLU(), std::move(block)};
    initialize(model, 1);
    return error_of([&] { model(x); });
  };
  EXPECT_EQ(message(Residual(Conv2d({.in = 2, .out = 4, .kernel = 3, .stride = 2})), pictures()),
            "Residual: layer '1' cannot add inner(x) float32 [2, 2, 2, 4] to x float32 [2, 6, 6, 2]; give a second "
            "layer, the shortcut, that changes x likewise, such as a Conv2d with a 1x1 kernel and the inner layers' "
            "stride");
  EXPECT_EQ(message(Residual(Dense({.in = 2, .out = 4}), Dense({.in = 2, .out = 1})), Tensor::ones({3, 2})),
            "Residual: layer '1' cannot add inner(x) float32 [3, 4] to shortcut(x) float32 [3, 1]; change one of both, "
            "so that they are equal");
}

}  // namespace
}  // namespace gibbs::nn
