// The summary: exact text of a small model, and the article's network against numbers computed by hand. What is folded,
// and modules of several inputs, are in summary_of_calls_test.cpp.
#include "gibbs/nn/summary.h"

#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/conv2d.h"
#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/layers/dropout.h"
#include "gibbs/nn/layers/flatten.h"
#include "gibbs/nn/layers/pool2d.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

TEST(Summary, IsATable) {
  Sequential model(Conv2d({.in = 3, .out = 8, .kernel = 3}), ReLU(), GlobalAvgPool2d(), Dense({.in = 8, .out = 10}));
  initialize(model, 1);
  EXPECT_EQ(summary(model, {32, 32, 3}),
            "Layer                          Output shape       Params  MFLOP\n"
            "===============================================================\n"
            "0: Conv2d(3 -> 8, kernel 3x3)  (None, 30, 30, 8)     224  0.389\n"
            "1: ReLU                        (None, 30, 30, 8)       0  0.000\n"
            "2: GlobalAvgPool2d             (None, 8)               0  0.007\n"
            "3: Dense(8 -> 10)              (None, 10)             90  0.000\n"
            "===============================================================\n"
            "Total params: 314\n"
            "Trainable params: 314\n"
            "Non-trainable params: 0\n"
            "MFLOP per sample: 0.396\n");
}

TEST(Summary, TheArticlesNetwork) {
  Sequential model(Conv2d({.in = 3, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Conv2d({.in = 32, .out = 64, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Flatten(), Dense({.in = 2304, .out = 256}), ReLU(), Dense({.in = 256, .out = 10}));
  initialize(model, 1);
  const std::string text = summary(model, {32, 32, 3});
  const auto line_of = [&](const std::string& start) {
    const std::size_t begin = text.find(start);
    return begin == std::string::npos ? "no such line" : text.substr(begin, text.find('\n', begin) - begin);
  };
  using ::testing::ContainsRegex;
  EXPECT_THAT(line_of("0: "), ContainsRegex(R"(\(None, 30, 30, 32\) +896 +1\.555$)"));
  EXPECT_THAT(line_of("4: "), ContainsRegex(R"(\(None, 13, 13, 64\) +18,496 +6\.230$)"));
  EXPECT_THAT(line_of("8: "), ContainsRegex(R"(Flatten +\(None, 2304\) +0 +0\.000$)"));
  EXPECT_THAT(line_of("9: "), ContainsRegex(R"(\(None, 256\) +590,080 +1\.180$)"));
  EXPECT_THAT(line_of("11: "), ContainsRegex(R"(\(None, 10\) +2,570 +0\.005$)"));
  EXPECT_EQ(line_of("Total"), "Total params: 612,042");
  EXPECT_EQ(line_of("MFLOP per"), "MFLOP per sample: 8.970");
}

TEST(Summary, TiedAndFrozenParametersCountOnceAndWhereTheyBelong) {
  const Dense shared({.in = 4, .out = 4});
  Sequential model(shared, shared, Dense({.in = 4, .out = 1}));
  set_frozen(model[2], true);
  const std::string text = summary(model, {4});
  EXPECT_THAT(text, ::testing::HasSubstr("0: Dense(4 -> 4)  (None, 4)         20  0.000\n"
                                         "1: Dense(4 -> 4)  (None, 4)          0  0.000\n"
                                         "2: Dense(4 -> 1)  (None, 1)          5  0.000\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("Total params: 25\nTrainable params: 20\nNon-trainable params: 5\n"));
}

TEST(Summary, OfAPendingModelIsTheSameAndLeavesItPending) {
  Sequential model(Dense({.in = 4, .out = 3}), ReLU());
  const std::string text = summary(model, {4});
  EXPECT_TRUE(has_pending(model));
  initialize(model, 0);
  EXPECT_EQ(summary(model, {4}), text);
}

TEST(Summary, AModelOfOneLayerAndOneInFloat64) {
  Dense layer({.in = 2, .out = 3});
  initialize(layer, 1);
  to(layer, DType::float64);
  EXPECT_THAT(summary(layer, {2}), ::testing::HasSubstr("\nDense(2 -> 3)  (None, 3)"));
  EXPECT_EQ(gibbs::testing::error_of([&] { summary(layer, {5}); }),
            "Dense: the model itself expects [N, 2], received [1, 5]");
}

}  // namespace
}  // namespace gibbs::nn
