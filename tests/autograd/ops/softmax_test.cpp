// Softmax and log-softmax: third derivatives and extreme logits. Values and gradients along every axis are checked in
// tests/battery/registry_linalg.cpp.
#include "gibbs/autograd/ops/softmax.h"

#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::testing {
namespace {

TEST(Softmax, ThirdDerivativesAgreeWithTheSigmoid) {
  // softmax of (z, 0) is (sigmoid z, 1 - sigmoid z).
  const double z = 0.7, s = 1 / (1 + std::exp(-z));
  const auto third = [&](Variable (*f)(const Variable&, int)) {
    const Variable x = Variable::leaf(f64({z}));
    Variable y = slice(f(concat({x, Variable(f64({0}))}), -1), 0, 0, 1);
    for (int order = 0; order < 3; ++order) {
      y = grad(y, {x}, {.create_graph = true})[0];
    }
    return y.value().item();
  };
  EXPECT_NEAR(third(softmax), s * (1 - s) * (1 - 6 * s + 6 * s * s), 1e-12);
  EXPECT_NEAR(third(log_softmax), -s * (1 - s) * (1 - 2 * s), 1e-12);
}

TEST(Softmax, ExtremeLogits) {
  const Variable x = Variable::leaf(f64({{1e8, -1e8, 0}, {-kInfinity, 1, 1}}));
  for (bool create_graph : {false, true}) {
    SCOPED_TRACE(create_graph);
    const Variable y = softmax(x);
    EXPECT_TRUE(near(y.value(), f64({{1, 0, 0}, {0, 0.5, 0.5}}), 1e-15));
    const Variable dx = grad(y, {x}, f64({{1, 2, 3}, {1, 2, 4}}), {.create_graph = create_graph})[0];
    EXPECT_TRUE(near(dx.value(), f64({{0, 0, 0}, {0, -0.5, 0.5}}), 1e-15));
    const Variable log_dx = grad(log_softmax(x), {x}, f64({{1, 0, 0}, {0, 1, 0}}), {.create_graph = create_graph})[0];
    EXPECT_TRUE(near(log_dx.value(), f64({{0, 0, 0}, {0, 0.5, -0.5}}), 1e-15));
  }
}

}  // namespace
}  // namespace gibbs::testing
