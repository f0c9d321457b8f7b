// The pooling layers against the definition in plain loops; gradients, descriptions and errors.
#include "gibbs/nn/layers/pool2d.h"

#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using namespace gibbs::testing;

struct PoolCase {
  Pool2dOptions options;
  Shape x, y;
  Size2d stride;
  std::int64_t top, left;
};

const PoolCase kPoolCases[] = {
    {{.window = 2}, {2, 4, 6, 3}, {2, 2, 3, 3}, 2, 0, 0},
    {{.window = 2}, {1, 5, 3, 2}, {1, 2, 1, 2}, 2, 0, 0},
    {{.window = {3, 2}, .stride = 1}, {1, 4, 4, 2}, {1, 2, 3, 2}, 1, 0, 0},
    {{.window = 3, .stride = 2, .padding = Padding::same}, {1, 6, 5, 2}, {1, 3, 3, 2}, 2, 0, 1},
    {{.window = 2, .stride = {1, 2}, .padding = {1, 0, 1, 1}}, {2, 3, 4, 1}, {2, 3, 3, 1}, {1, 2}, 1, 1},
};

/// What `combine` makes of the elements of each window that lie in the image.
Tensor oracle(const PoolCase& c, const Tensor& x, const std::function<double(const std::vector<double>&)>& combine) {
  return build(c.y, [&](const Index& y) {
    std::vector<double> inside;
    for_each_index({c.options.window.h, c.options.window.w}, [&](const Index& place) {
      const std::int64_t row = y[1] * c.stride.h - c.top + place[0], column = y[2] * c.stride.w - c.left + place[1];
      if (row >= 0 && row < x.size(1) && column >= 0 && column < x.size(2)) {
        inside.push_back(at(x, {y[0], row, column, y[3]}));
      }
    });
    return combine(inside);
  });
}

/// Distinct numbers at least 0.01 apart, in no order: no window has a tie.
Tensor distinct(const Shape& shape) {
  const std::vector<double> order = kernels::permutation({.seed = 4}, shape.numel()).to_vector();
  std::int64_t next = 0;
  return build(shape, [&](const Index&) { return order[static_cast<std::size_t>(next++)] / 100 - 0.3; });
}

TEST(MaxPool2d, IsTheLargestOfEachWindow) {
  for (const PoolCase& c : kPoolCases) {
    MaxPool2d layer(c.options);
    const Tensor x = distinct(c.x);
    const Tensor expected = oracle(c, x, [](const auto& v) { return *std::max_element(v.begin(), v.end()); });
    EXPECT_TRUE(near(layer(x).value(), expected, 0)) << layer.describe();
  }
}

TEST(AvgPool2d, IsTheMeanOfEachWindowWithoutPadding) {
  for (const PoolCase& c : kPoolCases) {
    AvgPool2d layer(c.options);
    const Tensor x = distinct(c.x);
    const Tensor expected = oracle(c, x, [](const auto& v) {
      double total = 0;
      for (double element : v) {
        total += element;
      }
      return total / static_cast<double>(v.size());
    });
    EXPECT_TRUE(near(layer(x).value(), expected, 1e-14)) << layer.describe();
  }
}

TEST(GlobalAvgPool2d, IsTheMeanOfEachChannel) {
  GlobalAvgPool2d layer;
  const Tensor x = distinct({2, 3, 4, 5});
  const Tensor expected = build({2, 5}, [&](const Index& y) {
    double total = 0;
    for_each_index({3, 4}, [&](const Index& place) { total += at(x, {y[0], place[0], place[1], y[1]}); });
    return total / 12;
  });
  EXPECT_TRUE(near(layer(x).value(), expected, 1e-14));
}

void expect_gradients(Layer& layer, const Tensor& x) {
  const GradcheckReport first = gradcheck(layer, x), second = gradgradcheck(layer, x);
  EXPECT_TRUE(first) << layer.describe() << ": " << first.message;
  EXPECT_TRUE(second) << layer.describe() << ": " << second.message;
}

TEST(Pool2d, GradientsAgreeWithDifferences) {
  for (const PoolCase& c : kPoolCases) {
    MaxPool2d largest(c.options);
    expect_gradients(largest, distinct(c.x));
    AvgPool2d mean(c.options);
    expect_gradients(mean, distinct(c.x));
  }
  GlobalAvgPool2d global;
  expect_gradients(global, distinct({2, 3, 2, 2}));
}

TEST(AvgPool2d, CountsPaddingAsZerosWhereThatIsWanted) {
  const Tensor ones = Tensor::ones({1, 2, 2, 1});
  EXPECT_EQ(AvgPool2d({.window = 2, .stride = 1, .padding = 1, .count_padding = true})(ones).value().to_vector(),
            (std::vector<double>{.25, .5, .25, .5, 1, .5, .25, .5, .25}));
  EXPECT_EQ(AvgPool2d({.window = 2, .stride = 1, .padding = 1})(ones).value().to_vector(), std::vector<double>(9, 1));
}

TEST(GlobalMaxPool2d, GivesTheGradientToTheFirstOfEqualOnes) {
  const Variable x = Variable::leaf(Tensor::from(std::vector<double>{1, 7, 7, 7, 2, 7}, {1, 3, 2, 1}));
  GlobalMaxPool2d layer;
  const Variable y = layer(x);
  EXPECT_EQ(y.shape(), Shape({1, 1}));
  EXPECT_EQ(y.value().item(), 7);
  EXPECT_EQ(grad(y, {x}, Tensor::ones({1, 1}, DType::float64))[0].value().to_vector(),
            (std::vector<double>{0, 1, 0, 0, 0, 0}));
}

TEST(Pool2d, DescribesWhatIsNotTheDefault) {
  EXPECT_EQ(MaxPool2d({.window = 2}).describe(), "MaxPool2d(window 2x2)");
  EXPECT_EQ(MaxPool2d({.window = 2, .stride = 2}).describe(), "MaxPool2d(window 2x2)");
  EXPECT_EQ(AvgPool2d({.window = {3, 2}, .stride = 1, .padding = Padding::same}).describe(),
            "AvgPool2d(window 3x2, stride 1x1, padding same)");
  EXPECT_EQ(AvgPool2d({.window = 3, .padding = 1, .count_padding = true}).describe(),
            "AvgPool2d(window 3x3, padding 1, padding counted)");
  EXPECT_EQ(GlobalAvgPool2d().describe(), "GlobalAvgPool2d");
}

TEST(Pool2d, MeansCountTheirAdditions) {
  EXPECT_EQ(MaxPool2d({.window = 2}).flops({1, 4, 4, 3}, {1, 2, 2, 3}), 0);
  EXPECT_EQ(AvgPool2d({.window = {3, 2}}).flops({1, 6, 6, 4}, {1, 2, 3, 4}), 6 * 24);
  EXPECT_EQ(GlobalAvgPool2d().flops({1, 6, 6, 4}, {1, 4}), 144);
}

TEST(Pool2d, Errors) {
  EXPECT_EQ(error_of([] { MaxPool2d({.window = 0}); }), "MaxPool2d: the window must be positive, not 0x0");
  EXPECT_EQ(error_of([] {
              AvgPool2d({.window = {3, 2}, .padding = {2, 2, 1, 2}});
            }),
            "AvgPool2d: padding (2, 2, 1, 2) must be smaller than the window 3x2, or windows would hold nothing but "
            "padding");
  EXPECT_EQ(error_of([] { MaxPool2d({.window = 2, .count_padding = true}); }),
            "MaxPool2d: count_padding is for means (AvgPool2d); padding is never the largest");
  Sequential model(MaxPool2d({.window = 2}), AvgPool2d({.window = 3}), GlobalAvgPool2d());
  EXPECT_EQ(error_of([&] {
              model(Tensor::zeros({1, 4, 4, 1}));
            }),
            "AvgPool2d: layer '1' needs images of at least 3x3 after padding, received [1, 2, 2, 1] padded to 2x2");
  EXPECT_EQ(error_of([&] {
              model[2](Tensor::zeros({4, 4}));
            }),
            "GlobalAvgPool2d: the model itself expects [N, H, W, C], received [4, 4]");
  EXPECT_EQ(error_of([&] {
              model[2](Tensor::zeros({1, 0, 4, 2}));
            }),
            "GlobalAvgPool2d: the model itself expects [N, H, W, C], received [1, 0, 4, 2]");
}

}  // namespace
}  // namespace gibbs::nn
