// What normalising keeps for its gradient. Values and gradients are in tests/battery and tests/tensor/kernels.
#include "gibbs/autograd/ops/norm.h"

#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/error_of.h"
#include "tests/testing/oracle.h"

namespace gibbs {
namespace {

TEST(Normalize, AGraphNoticesMomentsThatWereWrittenAfterIt) {
  const Variable x = Variable::leaf(testing::random({3, 2}));
  const auto g = kernels::NormGeometry::of_batch(x.shape());
  for (const bool create_graph : {false, true}) {
    kernels::Moments m = kernels::moments(x.value(), g);
    const Variable y = sum(normalize_by(x, {}, {}, m, {.geometry = g, .epsilon = 1e-3}));
    m.var.fill(4);
    EXPECT_NE(testing::error_of([&] { grad(y, {x}, {.create_graph = create_graph}); }), "");
  }
}

}  // namespace
}  // namespace gibbs
