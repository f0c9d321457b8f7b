// Arithmetic ops: assignments, comparisons, and the conventions at kinks, zeros and infinities. Values and gradients
// are checked in tests/battery/registry_arithmetic.cpp.
#include "gibbs/autograd/ops/arithmetic.h"

#include <cmath>

#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::testing {
namespace {

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

TEST(Arithmetic, WhereKeepsInfinitiesOfOneSideOutOfTheOther) {
  const Variable a = Variable::leaf(f64({1, 2})), b = Variable::leaf(f64({3, 4}));
  const Variable y = where(Tensor::of({1, 0}, DType::uint8), a, b);
  const Variables g = grad(y, {a, b}, f64({5, kInfinity}));
  EXPECT_EQ(g[0].value().to_vector(), (std::vector<double>{5, 0}));
  EXPECT_EQ(g[1].value().to_vector(), (std::vector<double>{0, kInfinity}));
}

TEST(Arithmetic, CastGivesGradientsInTheDtypeOfItsInput) {
  const Variable x = Variable::leaf(Tensor::of({1, 2}));
  const Variable dx = grad(sum(square(cast(x, DType::float64))), {x})[0];
  EXPECT_EQ(dx.dtype(), DType::float32);
  EXPECT_TRUE(near(dx.value(), f64({2, 4}), 0));
  EXPECT_EQ(cast(x.detach(), DType::int64).dtype(), DType::int64);
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
