// Ops of two operands at pairs of extreme numbers, values and gradients; selection beside NaN and infinities.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/autograd/ops/extremes.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::testing {
namespace {

using Real = long double;
using ::testing::ElementsAre;
using ::testing::IsNan;

struct Pair {
  double a, b;
};
using Exact = std::function<Real(Real a, Real b)>;
using Op = Variable (*)(const Variable&, const Variable&);

template <class T>
void expect_pairs(const char* name, Op op, const std::vector<Pair>& pairs, const Exact& value, const Exact& da,
                  const Exact& db, double value_ulps, double slope_ulps) {
  for (const Pair& pair : pairs) {
    const Variable a = Variable::leaf(tensor_of<T>({pair.a})), b = Variable::leaf(tensor_of<T>({pair.b}));
    const auto p = static_cast<Real>(a.value().item()), q = static_cast<Real>(b.value().item());
    const Variable y = op(a, b);
    const double found = y.value().item(), in_a = gradient_of(op(a, b), a)[0], in_b = gradient_of(op(a, b), b)[0];
    const auto where = [&] {
      return std::string(name) + " of " + std::to_string(pair.a) + ", " + std::to_string(pair.b);
    };
    EXPECT_LE(ulps<T>(found, value(p, q)), value_ulps) << where() << " is " << found;
    EXPECT_LE(ulps<T>(in_a, da(p, q)), slope_ulps) << where() << " has da " << in_a;
    EXPECT_LE(ulps<T>(in_b, db(p, q)), slope_ulps) << where() << " has db " << in_b;
  }
}

template <class T>
std::vector<Pair> all_pairs() {
  std::vector<Pair> pairs;
  for (const double a : extremes<T>()) {
    for (const double b : extremes<T>()) {
      pairs.push_back({a, b});
    }
  }
  return pairs;
}

template <class T>
void expect_arithmetic() {
  const auto one = [](Real, Real) { return Real{1}; };
  const auto minus_one = [](Real, Real) { return Real{-1}; };
  const auto first = [](Real a, Real) { return a; };
  const auto second = [](Real, Real b) { return b; };
  expect_pairs<T>("add", add, all_pairs<T>(), std::plus<>(), one, one, 0.5, 0);
  expect_pairs<T>("sub", sub, all_pairs<T>(), std::minus<>(), one, minus_one, 0.5, 0);
  expect_pairs<T>("mul", mul, all_pairs<T>(), std::multiplies<>(), second, first, 0.5, 0);
  std::vector<Pair> divisions;  // those with a normal quotient, which db is made of
  for (const Pair& pair : all_pairs<T>()) {
    const double y = std::abs(static_cast<double>(static_cast<T>(pair.a / pair.b)));
    if (pair.a == 0 || (y >= std::numeric_limits<T>::min() && y <= std::numeric_limits<T>::max())) {
      divisions.push_back(pair);
    }
  }
  expect_pairs<T>(
      "div", div, divisions, std::divides<>(), [](Real, Real b) { return 1 / b; },
      [](Real a, Real b) { return -(a / b / b); }, 0.5, 1.5);
}

TEST(Extremes, OfArithmetic) {
  expect_arithmetic<float>();
  expect_arithmetic<double>();
}

TEST(Extremes, OfPowers) {
  const std::vector<Pair> pairs = {{0, 2},     {0, 0.5},   {0, 1},         {0, -1},         {-0.0, 3},
                                   {1, 1e30},  {2, 127},   {2, -126},      {2, -140},       {1e-30, 1},
                                   {1e-19, 2}, {1e19, 2},  {1e-30, 0.5},   {1e30, -1},      {1, 0},
                                   {0.5, 3},   {1e-3, 10}, {kInfinity, 2}, {kInfinity, -2}, {3, 1e-10}};
  const Exact value = [](Real a, Real b) { return std::pow(a, b); };
  const Exact da = [](Real a, Real b) { return b == 0 ? Real{0} : b * std::pow(a, b - 1); };
  const Exact db = [](Real a, Real b) {
    const Real y = std::pow(a, b);
    return y == 0 ? Real{0} : y * std::log(a);
  };
  expect_pairs<double>("pow", pow, pairs, value, da, db, 1, 4);
  expect_pairs<float>("pow", pow, pairs, value, da, db, 1, 4);
}

TEST(Extremes, ConventionsOfPowers) {
  const auto gradients = [](double a, double b) {
    const Variable p = Variable::leaf(f64(a)), q = Variable::leaf(f64(b));
    return std::vector<double>{pow(p, q).value().item(), gradient_of(pow(p, q), p)[0], gradient_of(pow(p, q), q)[0]};
  };
  EXPECT_THAT(gradients(0, 0), ElementsAre(1, 0, 0));
  EXPECT_THAT(gradients(-2, 3), ElementsAre(-8, 12, 0));
  EXPECT_THAT(gradients(-2, -1), ElementsAre(-0.5, -0.25, 0));
  EXPECT_THAT(gradients(-2, 2.5), ElementsAre(IsNan(), IsNan(), IsNan()));
  EXPECT_THAT(gradients(0, -1), ElementsAre(kInfinity, -kInfinity, -kInfinity));
}

TEST(Extremes, OfLogaddexp) {
  const std::vector<Pair> pairs = {{1e8, 1e8},     {1e30, 1e30},   {-1e30, -1e30},  {1e8, 1e8 + 16},
                                   {0, -50},       {-50, 0},       {0, 0},          {-100, -100},
                                   {1e-30, -80},   {3e38, -3e38},  {3e38, 3e38},    {0, -kInfinity},
                                   {kInfinity, 1}, {1, kInfinity}, {1e-20, -1e-20}, {700, 710}};
  const auto share = [](Real own, Real other) {
    return own > other ? 1 / (1 + std::exp(other - own)) : std::exp(own - other) / (1 + std::exp(own - other));
  };
  const Exact value = [](Real a, Real b) {
    return std::max(a, b) + (std::isinf(a) || std::isinf(b) ? Real{0} : std::log1p(std::exp(-std::abs(a - b))));
  };
  const Exact da = [share](Real a, Real b) { return share(a, b); },
              db = [share](Real a, Real b) { return share(b, a); };
  expect_pairs<double>("logaddexp", logaddexp, pairs, value, da, db, 1.5, 4);
  expect_pairs<float>("logaddexp", logaddexp, pairs, value, da, db, 1.5, 4);

  const auto shares = [](double a, double b) {
    const Variable p = Variable::leaf(f64(a)), q = Variable::leaf(f64(b));
    return std::vector<double>{gradient_of(logaddexp(p, q), p)[0], gradient_of(logaddexp(p, q), q)[0]};
  };
  EXPECT_THAT(shares(kInfinity, kInfinity), ElementsAre(0.5, 0.5));
  EXPECT_THAT(shares(-kInfinity, -kInfinity), ElementsAre(0, 0));
  EXPECT_THAT(shares(kNaN, 1), ElementsAre(IsNan(), IsNan()));
}

TEST(Extremes, TheGradientOfAMaximumGoesToTheNaNThatItIs) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable a = Variable::leaf(Tensor::of({1, kNaN, kNaN, 2, 0, kInfinity, -kInfinity}, dtype));
    const Variable b = Variable::leaf(Tensor::of({kNaN, 1, kNaN, 2, -0.0, kInfinity, 5}, dtype));
    EXPECT_THAT(gradient_of(maximum(a, b), a), ElementsAre(0, 1, 0.5, 0.5, 0.5, 0.5, 0));
    EXPECT_THAT(gradient_of(maximum(a, b), b), ElementsAre(1, 0, 0.5, 0.5, 0.5, 0.5, 1));
    EXPECT_THAT(gradient_of(minimum(a, b), a), ElementsAre(0, 1, 0.5, 0.5, 0.5, 0.5, 1));
    EXPECT_THAT(gradient_of(minimum(a, b), b), ElementsAre(1, 0, 0.5, 0.5, 0.5, 0.5, 0));
    const Variable x = Variable::leaf(Tensor::of({{1, kNaN, 3}, {kNaN, 4, kNaN}, {kInfinity, 1, kInfinity}}, dtype));
    EXPECT_THAT(gradient_of(max(x, {1}), x), ElementsAre(0, 1, 0, 0.5, 0, 0.5, 0.5, 0, 0.5));
    EXPECT_THAT(gradient_of(min(x, {1}), x), ElementsAre(0, 1, 0, 0.5, 0, 0.5, 0, 1, 0));
  }
}

TEST(Extremes, OfConversionsAndIntegers) {
  const Tensor numbers = Tensor::of({kNaN, kInfinity, -kInfinity, 1e30, -1e30, -1.9, 255.5, 256}, DType::float64);
  EXPECT_THAT(kernels::cast(numbers, DType::uint8).to_vector(), ElementsAre(0, 255, 0, 255, 0, 0, 255, 255));
  EXPECT_THAT(kernels::cast(numbers, DType::int64).to_vector(),
              ElementsAre(0, 0x1p63, -0x1p63, 0x1p63, -0x1p63, -1, 255, 256));
  EXPECT_EQ(kernels::cast(f64(1e39), DType::float32).item(), kInfinity);
  EXPECT_EQ(kernels::cast(f64(1e-60), DType::float32).item(), 0);
  const Tensor smallest = Tensor::from(std::vector{std::numeric_limits<std::int64_t>::min()}, {1});
  EXPECT_EQ(kernels::abs(smallest).item<std::int64_t>(), smallest.item<std::int64_t>()) << "wraps around";
  EXPECT_EQ(kernels::div(smallest, -1).item<std::int64_t>(), smallest.item<std::int64_t>());
  EXPECT_EQ(error_of([&] { kernels::div(smallest, 0); }).substr(0, 30), "div: integer division by zero;");
  EXPECT_EQ(error_of([] { f64(kNaN).item<std::int64_t>(); }), "item: nan does not fit int64");
  EXPECT_EQ(error_of([] { f64({1, 1e30}).at<std::int64_t>({1}); }), "at: 1e+30 does not fit int64");
  EXPECT_EQ(error_of([] { Tensor::of(300, DType::int64).item<std::uint8_t>(); }), "item: 300 does not fit uint8");
  EXPECT_EQ(f64(-2.9).item<std::int64_t>(), -2);
}

}  // namespace
}  // namespace gibbs::testing
