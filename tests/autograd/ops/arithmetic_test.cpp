// Arithmetic ops: every shape of broadcasting, repeated and computed operands, and the conventions at kinks.
#include "gibbs/autograd/ops/arithmetic.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Binary {
  const char* name;
  Variable (*op)(const Variable&, const Variable&);
  double (*oracle)(double, double);
};

const Binary kBinary[] = {
    {"add", add, [](double a, double b) { return a + b; }},
    {"sub", sub, [](double a, double b) { return a - b; }},
    {"mul", mul, [](double a, double b) { return a * b; }},
    {"div", div, [](double a, double b) { return a / b; }},
    {"pow", pow, [](double a, double b) { return std::pow(a, b); }},
    {"maximum", maximum, [](double a, double b) { return a > b ? a : b; }},
    {"minimum", minimum, [](double a, double b) { return a < b ? a : b; }},
    {"logaddexp", logaddexp, [](double a, double b) { return std::log(std::exp(a) + std::exp(b)); }},
};

TEST(Arithmetic, TwoOperandsOfEveryShape) {
  const std::pair<Shape, Shape> shapes[] = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1}, {1, 3}},    {{}, {2}},
      {{2, 2}, {}},     {{1}, {1}},    {{}, {}},      {{2, 1, 3}, {2, 1}}, {{0, 3}, {3}},
  };
  for (const Binary& binary : kBinary) {
    for (const auto& [a, b] : shapes) {
      SCOPED_TRACE(binary.name + to_string(a) + to_string(b));
      expect_op([&](const Variables& x) { return binary.op(x[0], x[1]); }, {random(a, 1), random(b, 2)},
                [&](const Tensors& x) {
                  return build(broadcast_shapes(x[0].shape(), x[1].shape(), "oracle"),
                               [&](const Index& i) { return binary.oracle(at(x[0], i), at(x[1], i)); });
                });
    }
  }
}

TEST(Arithmetic, ComputedOperands) {
  for (const Binary& binary : kBinary) {
    SCOPED_TRACE(binary.name);
    expect_op([&](const Variables& x) { return binary.op(exp(x[0]), x[0] * x[1]); },
              {random({2, 3}), random({3}, 2, 0.1, 0.4)},
              [&](const Tensors& x) {
                return build({2, 3}, [&](const Index& i) {
                  return binary.oracle(std::exp(at(x[0], i)), at(x[0], i) * at(x[1], i));
                });
              });
  }
}

TEST(Arithmetic, TheSameOperandTwice) {
  for (const Binary& binary : kBinary) {
    if (const std::string name = binary.name; name == "sub" || name == "div") {
      continue;  // x - x and x / x have no gradient to check
    }
    SCOPED_TRACE(binary.name);
    expect_op([&](const Variables& x) { return binary.op(x[0], x[0]); }, {random({3})},
              [&](const Tensors& x) {
                return build({3}, [&](const Index& i) { return binary.oracle(at(x[0], i), at(x[0], i)); });
              });
  }
}

TEST(Arithmetic, OneOperandAndNumbers) {
  const std::tuple<const char*, Variable (*)(const Variable&), double (*)(double)> unary[] = {
      {"neg", neg, [](double x) { return -x; }},
      {"abs", abs, [](double x) { return std::abs(x); }},
      {"pow 3", [](const Variable& x) { return pow(x, 3.0); }, [](double x) { return x * x * x; }},
      {"pow -2", [](const Variable& x) { return pow(x, -2.0); }, [](double x) { return 1 / (x * x); }},
      {"clamp", [](const Variable& x) { return clamp(x, -1, 1); },
       [](double x) { return std::min(std::max(x, -1.0), 1.0); }},
      {"x + 2", [](const Variable& x) { return x + 2.0; }, [](double x) { return x + 2; }},
      {"2 + x", [](const Variable& x) { return 2.0 + x; }, [](double x) { return x + 2; }},
      {"x - 2", [](const Variable& x) { return x - 2.0; }, [](double x) { return x - 2; }},
      {"2 - x", [](const Variable& x) { return 2.0 - x; }, [](double x) { return 2 - x; }},
      {"x * 3", [](const Variable& x) { return x * 3.0; }, [](double x) { return x * 3; }},
      {"3 * x", [](const Variable& x) { return 3.0 * x; }, [](double x) { return x * 3; }},
      {"x / 3", [](const Variable& x) { return x / 3.0; }, [](double x) { return x / 3; }},
      {"3 / x", [](const Variable& x) { return 3.0 / x; }, [](double x) { return 3 / x; }},
  };
  for (const auto& [name, op, oracle] : unary) {
    SCOPED_TRACE(name);
    const auto expected = [o = oracle](const Tensors& x) {
      return build(x[0].shape(), [&](const Index& i) { return o(at(x[0], i)); });
    };
    expect_op([f = op](const Variables& x) { return f(x[0]); }, {f64({{-1.7, -0.6, 0.4}, {0.9, 1.3, 2.2}})}, expected);
    expect_op([f = op](const Variables& x) { return f(x[0] * x[0]); }, {f64({0.5, 1.2})},
              [&](const Tensors& x) {
                return expected({build({2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); })});
              });
    expect_op([f = op](const Variables& x) { return f(x[0]); }, {random({3, 0})}, expected);
  }
}

TEST(Arithmetic, AssignmentsMakeNewNodes) {
  const Variable x = Variable::leaf(f64({2, -3}));
  Variable y = x;
  y *= y;        // x^2
  y += x;        // x^2 + x
  y -= 1;        // x^2 + x - 1
  y /= x;        // x + 1 - 1 / x
  y *= 2.0;      // 2 x + 2 - 2 / x
  y -= x * 2.0;  // 2 - 2 / x
  y += 1;
  y /= 2;  // 1.5 - 1 / x
  EXPECT_TRUE(near(y.value(), f64({1, 1.5 + 1. / 3}), 1e-15));
  EXPECT_TRUE(near(grad(sum(y), {x})[0].value(), f64({.25, 1. / 9}), 1e-15));
  EXPECT_THAT(x.value().to_vector(), ::testing::ElementsAre(2, -3));
}

TEST(Arithmetic, ComparisonsWithNumbers) {
  const Variable x = f64({-1, 0, 2, std::nan("")});
  EXPECT_THAT((x < 0).to_vector(), ::testing::ElementsAre(1, 0, 0, 0));
  EXPECT_THAT((x <= 0).to_vector(), ::testing::ElementsAre(1, 1, 0, 0));
  EXPECT_THAT((x > 0).to_vector(), ::testing::ElementsAre(0, 0, 1, 0));
  EXPECT_THAT((x >= 0).to_vector(), ::testing::ElementsAre(0, 1, 1, 0));
  EXPECT_EQ((x > 0).dtype(), DType::uint8);
}

TEST(Arithmetic, WhereTakesFromEitherSide) {
  const Tensor condition = Tensor::of({{1, 0, 1}, {0, 0, 1}}, DType::uint8), row = Tensor::of({0, 1, 0}, DType::uint8);
  const auto check_where = [](const Tensor& c, const Tensor& a, const Tensor& b) {
    expect_op([&](const Variables& x) { return where(c, x[0], x[1]); }, {a, b},
              [&](const Tensors& x) {
                return build({2, 3}, [&](const Index& i) { return at(c, i) != 0 ? at(x[0], i) : at(x[1], i); });
              });
  };
  check_where(condition, random({2, 3}), random({2, 3}, 2));
  check_where(condition, random({3}), random({2, 1}, 2));
  check_where(condition, random({}), random({}, 2));
  check_where(row, random({2, 3}), random({3}, 2));
}

TEST(Arithmetic, WhereKeepsInfinitiesOfOneSideOutOfTheOther) {
  const Variable a = Variable::leaf(f64({1, 2})), b = Variable::leaf(f64({3, 4}));
  const Variable y = where(Tensor::of({1, 0}, DType::uint8), a, b);
  const Variables g = grad(y, {a, b}, f64({5, kInfinity}));
  EXPECT_EQ(g[0].value().to_vector(), (std::vector<double>{5, 0}));
  EXPECT_EQ(g[1].value().to_vector(), (std::vector<double>{0, kInfinity}));
}

TEST(Arithmetic, Cast) {
  const auto there_and_back = [](const Variables& x) { return cast(cast(x[0], DType::float64), x[0].dtype()); };
  expect_op(there_and_back, {random({2, 3})}, [](const Tensors& x) { return x[0]; });
  const Variable x = Variable::leaf(Tensor::of({1, 2}));
  const Variable dx = grad(sum(square(cast(x, DType::float64))), {x})[0];
  EXPECT_EQ(dx.dtype(), DType::float32);
  EXPECT_TRUE(near(dx.value(), f64({2, 4}), 0));
  EXPECT_EQ(cast(x.detach(), DType::int64).dtype(), DType::int64);
  EXPECT_EQ(error_of([&] { cast(x, DType::int64); }),
            "cast: only float32 and float64 carry gradients; detach before casting to int64");
}

Tensor derivative(Variable (*f)(const Variable&), const Tensor& at) {
  const Variable x = Variable::leaf(at);
  return grad(sum(f(x)), {x})[0].value();
}

TEST(Arithmetic, ConventionsAtKinks) {
  EXPECT_TRUE(near(derivative(abs, f64({-2, 0, 3})), f64({-1, 0, 1}), 0));
  const auto clamped = [](const Variable& x) { return clamp(x, 0, 1); };
  EXPECT_TRUE(near(derivative(clamped, f64({-1, 0, 0.5, 1, 2})), f64({0, 1, 1, 1, 0}), 0));
  const Variable a = Variable::leaf(f64({1, 2, 3})), b = Variable::leaf(f64({1, 1, 4}));
  const Variables larger = grad(sum(maximum(a, b)), {a, b}), smaller = grad(sum(minimum(a, b)), {a, b});
  EXPECT_TRUE(near(larger[0].value(), f64({0.5, 1, 0}), 0));
  EXPECT_TRUE(near(larger[1].value(), f64({0.5, 0, 1}), 0));
  EXPECT_TRUE(near(smaller[0].value(), f64({0.5, 0, 1}), 0));
  EXPECT_TRUE(near(smaller[1].value(), f64({0.5, 1, 0}), 0));
}

TEST(Arithmetic, MaximumAndMinimumTakeIntegers) {
  const Tensor a = Tensor::of({1, 5, 2}, DType::int64), b = Tensor::of({3, 4, 2}, DType::int64);
  EXPECT_EQ(maximum(a, b).value().to_vector(), (std::vector<double>{3, 5, 2}));
  EXPECT_EQ(minimum(a, b).value().to_vector(), (std::vector<double>{1, 4, 2}));
}

TEST(Arithmetic, ErrorsNameTheOp) {
  const auto rule = ": shapes [3] and [2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1";
  for (const Binary& binary : kBinary) {
    EXPECT_EQ(error_of([&] { binary.op(random({3}), random({2})); }), binary.name + std::string(rule));
  }
}

TEST(Arithmetic, PowersAtZero) {
  const auto power = [](double exponent) {
    const Variable x = Variable::leaf(f64({0}));
    return grad(sum(pow(x, exponent)), {x})[0].value().item();
  };
  EXPECT_EQ(power(0), 0);
  EXPECT_EQ(power(1), 1);
  EXPECT_EQ(power(2), 0);
  EXPECT_EQ(power(0.5), kInfinity);
  const Variable a = Variable::leaf(f64({0, 0, 0, -2})), b = Variable::leaf(f64({0, 1, 2, 3}));
  const Variables g = grad(sum(pow(a, b)), {a, b}, {.create_graph = true});
  EXPECT_TRUE(near(g[0].value(), f64({0, 1, 0, 12}), 1e-14));
  EXPECT_TRUE(near(g[1].value(), f64({0, 0, 0, 0}), 0));
  EXPECT_TRUE(near(grad(sum(g[0]), {a})[0].value(), f64({0, 0, 2, -12}), 1e-14));
}

TEST(Arithmetic, LogaddexpOfMinusInfinity) {
  const Variable a = Variable::leaf(f64({-kInfinity, -kInfinity, 1e4})), b = Variable::leaf(f64({-kInfinity, 2, -1e4}));
  const Variable y = logaddexp(a, b);
  EXPECT_EQ(y.value().to_vector(), (std::vector<double>{-kInfinity, 2, 1e4}));
  const Variables g = grad(sum(y), {a, b});
  EXPECT_TRUE(near(g[0].value(), f64({0, 0, 1}), 0));
  EXPECT_TRUE(near(g[1].value(), f64({0, 1, 0}), 0));
}

}  // namespace
}  // namespace gibbs::testing
