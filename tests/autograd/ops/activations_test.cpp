// Activations where numbers end: at infinities they and their slopes have their limits, and NaN stays NaN; and what
// options are refused.
#include "gibbs/autograd/ops/activations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/error_of.h"
#include "tests/testing/not_finite.h"

namespace gibbs {
namespace {

using testing::error_of;

struct Ends {
  const char* name;
  Variable (*op)(const Variable& x);
  double low, high, low_slope, high_slope;
};

const Ends kEnds[] = {
    {"leaky_relu", [](const Variable& x) { return leaky_relu(x, .5); }, -kInfinity, kInfinity, .5, 1},
    {"leaky_relu of slope 0", [](const Variable& x) { return leaky_relu(x, 0); }, 0, kInfinity, 0, 1},
    {"elu", [](const Variable& x) { return elu(x, 2); }, -2, kInfinity, 0, 1},
    {"selu", selu, -1.0507009873554805 * 1.6732632423543772, kInfinity, 0, 1.0507009873554805},
    {"celu", [](const Variable& x) { return celu(x, 2); }, -2, kInfinity, 0, 1},
    {"softplus", [](const Variable& x) { return softplus(x, 3); }, 0, kInfinity, 0, 1},
    {"softsign", softsign, -1, 1, 0, 0},
    {"silu", silu, 0, kInfinity, 0, 1},
    {"mish", mish, 0, kInfinity, 0, 1},
    {"hard_sigmoid", hard_sigmoid, 0, 1, 0, 0},
    {"hard_swish", hard_swish, 0, kInfinity, 0, 1},
    {"gelu_tanh", gelu_tanh, 0, kInfinity, 0, 1},
};

TEST(Activations, HaveTheirLimitsAtInfinities) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const double epsilon = dtype == DType::float32 ? 1e-6 : 1e-14;
    for (const Ends& e : kEnds) {
      for (const double far : {dtype == DType::float32 ? 3e38 : 1e308, kInfinity}) {
        const Variable x = Variable::leaf(Tensor::of({-far, far}, dtype));
        const Variable y = e.op(x);
        const Tensor slope = grad(sum(y), {x})[0].value();
        const auto expect = [&](double got, double limit, double here) {
          if (std::isinf(limit)) {  // it grows as x does
            EXPECT_TRUE(got == limit || (got / here > .4 && got / here < 1.1)) << e.name << " gave " << got;
          } else {
            EXPECT_NEAR(got, limit, epsilon * std::max(1.0, std::abs(limit))) << e.name;
          }
        };
        expect(y.value().at({0}), e.low, -far);
        expect(y.value().at({1}), e.high, far);
        expect(slope.at({0}), e.low_slope, 1);
        expect(slope.at({1}), e.high_slope, 1);
      }
      EXPECT_TRUE(std::isnan(e.op(Tensor::of({kNaN}, dtype)).value().item())) << e.name;
    }
  }
}

TEST(Activations, SmoothOnesAreNearTheirRelativesWhereTheyShouldBe) {
  for (double x = -6; x < 6; x += .37) {
    const Tensor at = Tensor::of({x}, DType::float64);
    EXPECT_NEAR(gelu_tanh(at).value().item(), gelu(at).value().item(), 5e-4);
    EXPECT_NEAR(softplus(at, 50).value().item(), std::max(x, 0.0), std::log(2.0) / 50 + 1e-12);
  }
}

TEST(Activations, OptionsThatCannotBeAreRefused) {
  const Tensor x = Tensor::ones({2});
  EXPECT_EQ(error_of([&] { elu(x, 0); }), "elu: alpha is 0; it must be finite and above 0");
  EXPECT_EQ(error_of([&] { celu(x, kNaN); }), "celu: alpha is nan; it must be finite and above 0");
  EXPECT_EQ(error_of([&] { softplus(x, -1); }), "softplus: beta is -1; it must be finite and above 0");
  EXPECT_EQ(error_of([&] { leaky_relu(x, kInfinity); }), "leaky_relu: slope is inf; it must be finite");
}

}  // namespace
}  // namespace gibbs
