// Reductions at ties, zeros and -inf, and the Hessian of logsumexp. Values and gradients along every kind of axes are
// checked in tests/battery/registry_reduce.cpp.
#include "gibbs/autograd/ops/reduce.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::testing {
namespace {

TEST(Reduce, TiesShareTheGradient) {
  const Variable x = Variable::leaf(f64({{1, 3, 3}, {2, 2, 2}}));
  EXPECT_TRUE(near(grad(sum(max(x, {1})), {x})[0].value(), f64({{0, 0.5, 0.5}, {1. / 3, 1. / 3, 1. / 3}}), 1e-15));
  EXPECT_TRUE(near(grad(min(x), {x})[0].value(), f64({{1, 0, 0}, {0, 0, 0}}), 0));
}

TEST(Reduce, ProductsWithZerosHaveExactGradientsOfEveryOrder) {
  const Tensor x = f64({{0, 2, 3, 0.5}, {0, 0, 5, 7}, {0, 0, 0, 2}});
  expect_op([](const Variables& v) { return prod(v[0], {1}); }, {x}, [](const Tensors&) { return f64({0, 0, 0}); });
  const Variable leaf = Variable::leaf(x);
  const Variable first = grad(sum(prod(leaf, {1})), {leaf}, {.create_graph = true})[0];
  EXPECT_TRUE(near(first.value(), f64({{3, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}), 0));
  const Variable mixed = grad(sum(first * f64({{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}})), {leaf})[0];
  EXPECT_TRUE(near(mixed.value(), f64({{0, 0, 0, 0}, {0, 35, 0, 0}, {0, 0, 0, 0}}), 0));
}

TEST(Reduce, LogsumexpOfMinusInfinity) {
  const Variable x = Variable::leaf(f64({{-kInfinity, -kInfinity}, {-kInfinity, 1}, {1e5, -1e5}}));
  const Variable y = logsumexp(x, {1});
  EXPECT_EQ(y.value().to_vector(), (std::vector<double>{-kInfinity, 1, 1e5}));
  const Variable dx = grad(sum(y), {x}, {.create_graph = true})[0];
  EXPECT_TRUE(near(dx.value(), f64({{0, 0}, {0, 1}, {1, 0}}), 0));
  EXPECT_TRUE(near(grad(sum(square(dx)), {x})[0].value(), Tensor::zeros({3, 2}, DType::float64), 0));
}

TEST(Reduce, HessianOfLogsumexpIsDiagonalMinusOuterProduct) {
  const Tensor at_point = f64({0.3, -1.2, 0.9, 2.0});
  const Variable x = Variable::leaf(at_point);
  const Variable s = grad(logsumexp(x), {x}, {.create_graph = true})[0];
  Tensors rows;
  for (const Variable& s_i : unbind(s)) {
    rows.push_back(grad(s_i, {x}, {.retain_graph = true})[0].value());
  }
  double normalizer = 0;
  for (double value : at_point.to_vector()) {
    normalizer += std::exp(value);
  }
  const auto p = [&](std::int64_t i) { return std::exp(at(at_point, {i})) / normalizer; };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    EXPECT_TRUE(near(rows[i], build({4}, [&](const Index& k) { return (row == k[0] ? p(row) : 0) - p(row) * p(k[0]); }),
                     1e-14));
  }
}

}  // namespace
}  // namespace gibbs::testing
