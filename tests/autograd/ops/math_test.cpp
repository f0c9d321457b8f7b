// Elementary functions: third derivatives, conventions, saturated ends, memory. Values, first and second derivatives
// are checked in tests/battery/registry_math.cpp.
#include "gibbs/autograd/ops/math.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs {
namespace {

using namespace testing;

/// The third derivative of f at a point.
double third(Variable (*f)(const Variable&), double at) {
  const Variable x = Variable::leaf(f64({at}));
  Variable y = f(x);
  for (int order = 0; order < 3; ++order) {
    y = grad(y, {x}, {.create_graph = true})[0];
  }
  return y.value().item();
}

TEST(Math, ThirdDerivatives) {
  const double x = 0.7, t = std::tanh(x), s = 1 / (1 + std::exp(-x)), e = std::exp(x);
  EXPECT_NEAR(third(exp, x), e, 1e-12);
  EXPECT_NEAR(third(log, x), 2 / (x * x * x), 1e-11);
  EXPECT_NEAR(third(sqrt, x), 0.375 * std::pow(x, -2.5), 1e-12);
  EXPECT_NEAR(third(sin, x), -std::cos(x), 1e-12);
  EXPECT_NEAR(third(cos, x), std::sin(x), 1e-12);
  EXPECT_NEAR(third(tanh, x), (1 - t * t) * (6 * t * t - 2), 1e-12);
  EXPECT_NEAR(third(sigmoid, x), s * (1 - s) * (1 - 6 * s + 6 * s * s), 1e-12);
  EXPECT_NEAR(third(erf, x), 2 / std::sqrt(M_PI) * std::exp(-x * x) * (4 * x * x - 2), 1e-12);
  EXPECT_NEAR(third([](const Variable& v) { return v * v * v; }, x), 6, 1e-12);
  EXPECT_NEAR(third([](const Variable& v) { return v * exp(v); }, x), e * (3 + x), 1e-12);
}

TEST(Math, ReluAtZeroHasNoGradient) {
  const Variable x = Variable::leaf(f64({-1, 0, 2}));
  EXPECT_TRUE(near(grad(sum(relu(x)), {x})[0].value(), f64({0, 0, 1}), 0));
}

TEST(Math, ReluDoesNotKeepItsInput) {
  Tensor x = f64({-1, 2});
  const Variable leaf = Variable::leaf(x.clone());
  Tensor computed = f64({-1, 2});
  const Variable input(computed, leaf.edge());
  const Variable y = sum(relu(input));
  computed.fill(7);
  EXPECT_TRUE(near(grad(y, {leaf})[0].value(), f64({0, 1}), 0));
}

TEST(Math, SaturatedEndsHaveFiniteGradients) {
  const Variable x = Variable::leaf(f64({-1000, 1000}));
  for (Variable (*f)(const Variable&) : {tanh, sigmoid, erf}) {
    EXPECT_TRUE(near(grad(sum(f(x)), {x})[0].value(), f64({0, 0}), 0));
  }
}

}  // namespace
}  // namespace gibbs
