// Elementary functions against <cmath>, first to third derivatives, in the interior of their domains.
#include "gibbs/autograd/ops/math.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

struct Unary {
  const char* name;
  Variable (*op)(const Variable&);
  double (*oracle)(double);
  bool positive = false;  // defined for x > 0 only
};

const Unary kUnary[] = {
    {"exp", exp, std::exp},
    {"expm1", expm1, std::expm1},
    {"log", log, std::log, true},
    {"log1p", log1p, std::log1p, true},
    {"sqrt", sqrt, std::sqrt, true},
    {"square", square, [](double x) { return x * x; }},
    {"sin", sin, std::sin},
    {"cos", cos, std::cos},
    {"tanh", tanh, std::tanh},
    {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"erf", erf, std::erf},
    {"relu", relu, [](double x) { return x > 0 ? x : 0; }},
    {"gelu", gelu, [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }},
};

TEST(Math, ValuesAndDerivatives) {
  for (const Unary& unary : kUnary) {
    SCOPED_TRACE(unary.name);
    const auto oracle = [&](const Tensors& x) {
      return build(x[0].shape(), [&](const Index& i) { return unary.oracle(at(x[0], i)); });
    };
    const auto op = [&](const Variables& x) { return unary.op(x[0]); };
    const double sign = unary.positive ? 1 : -1;
    expect_op(op, {f64({{sign * 1.7, sign * 0.6, 0.4}, {0.9, 1.3, 2.2}})}, oracle);
    expect_op(op, {random({})}, oracle);
    expect_op(op, {random({1, 2, 1})}, oracle);
    expect_op(op, {random({2, 0})}, oracle);
    expect_op([&](const Variables& x) { return unary.op(x[0] * x[1]); }, {random({2, 1}), random({3}, 2)},
              [&](const Tensors& x) {
                return build({2, 3}, [&](const Index& i) { return unary.oracle(at(x[0], i) * at(x[1], i)); });
              });
  }
}

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

TEST(Math, GeluNamesItself) {
  EXPECT_EQ(error_of([] { gelu(Tensor::ones({2}, DType::int64)); }),
            "gelu: needs float32 or float64, not int64; convert with cast");
}

}  // namespace
}  // namespace gibbs::testing
