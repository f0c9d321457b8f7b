// Entries x[i], and unbind as one node. Values and gradients of ops that rearrange elements are checked in
// tests/battery/registry_layout.cpp.
#include "gibbs/autograd/ops/layout.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

TEST(Layout, EntriesOfTheLeadingAxis) {
  for (const std::int64_t i : {1, -2}) {
    expect_op([i](const Variables& x) { return x[0][i]; }, {random({3, 2})},
              [](const Tensors& x) { return build({2}, [&](const Index& k) {
                                       return at(x[0], {1, k[0]});
                                     }); });
  }
  EXPECT_EQ(Variable(f64({5, 7}))[1].value().item(), 7);
  EXPECT_EQ(error_of([] { Variable(f64({5, 7}))[2]; }), "x[i]: index 2 is outside axis 0 of [2]");
  EXPECT_EQ(error_of([] { Variable(f64(5))[0]; }), "x[i]: a scalar has no leading axis to index");
}

TEST(Layout, UnbindIsOneNodeWhoseUnusedOutputsCountAsZero) {
  const Variable x = Variable::leaf(f64({1, 2, 3}));
  const Variables parts = unbind(x);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].edge().node, parts[2].edge().node);
  EXPECT_EQ(parts[2].edge().output, 2);
  EXPECT_TRUE(near(grad(square(parts[1]), {x})[0].value(), f64({0, 4, 0}), 0));
  EXPECT_TRUE(unbind(Variable::leaf(random({0, 2}))).empty());
}

}  // namespace
}  // namespace gibbs::testing
