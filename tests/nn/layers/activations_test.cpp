// Activations as layers: values by the C library, gradients off the kinks.
#include "gibbs/nn/layers/activations.h"

#include "gibbs/nn/check/gradcheck.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::near;

const Tensor kX = Tensor::of({{-2, -0.5, 0.25}, {0.75, 1, 3}}, DType::float64);

void expect_layer(Layer& layer, const std::string& name, const std::function<double(double)>& f) {
  const Tensor y =
      gibbs::testing::build(kX.shape(), [&](const gibbs::testing::Index& i) { return f(gibbs::testing::at(kX, i)); });
  EXPECT_TRUE(near(layer(kX).value(), y, 1e-14)) << name;
  const GradcheckReport first = gradcheck(layer, kX), second = gradgradcheck(layer, kX);
  EXPECT_TRUE(first) << name << ": " << first.message;
  EXPECT_TRUE(second) << name << ": " << second.message;
  EXPECT_EQ(layer.describe(), name);
  EXPECT_EQ(layer.share()->describe(), name);
}

TEST(Activations, AreTheirFormulas) {
  ReLU relu;
  expect_layer(relu, "ReLU", [](double x) { return x > 0 ? x : 0; });
  Tanh tanh;
  expect_layer(tanh, "Tanh", [](double x) { return std::tanh(x); });
  Sigmoid sigmoid;
  expect_layer(sigmoid, "Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); });
  GELU gelu;
  expect_layer(gelu, "GELU", [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); });
}

TEST(Activations, SoftmaxIsAlongTheLastAxis) {
  Softmax softmax;
  const Tensor y = gibbs::testing::build(kX.shape(), [&](const gibbs::testing::Index& i) {
    double total = 0;
    for (std::int64_t k = 0; k < 3; ++k) {
      total += std::exp(kX.at({i[0], k}));
    }
    return std::exp(gibbs::testing::at(kX, i)) / total;
  });
  EXPECT_TRUE(near(softmax(kX).value(), y, 1e-14));
  const GradcheckReport first = gradcheck(softmax, kX), second = gradgradcheck(softmax, kX);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
  EXPECT_EQ(softmax.describe(), "Softmax");
}

}  // namespace
}  // namespace gibbs::nn
