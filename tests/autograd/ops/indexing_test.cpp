// Order among equals, indices of what was sorted, and an index that is overwritten. Values and gradients are checked in
// tests/battery/registry_indexing.cpp.
#include "gibbs/autograd/ops/indexing.h"

#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

Tensor indices(const NestedList& list) { return Tensor::of(list, DType::int64); }

TEST(Indexing, SortKeepsTheOrderOfEquals) {
  const Variable x = Variable::leaf(f64({3, 1, 3, 2}));
  const SortedVariable sorted = sort(x);
  EXPECT_EQ(sorted.indices.to_vector(), (std::vector<double>{1, 3, 0, 2}));
  EXPECT_TRUE(near(grad(sorted.values, {x}, f64({10, 20, 30, 40}))[0].value(), f64({30, 10, 40, 20}), 0));
}

TEST(Indexing, TopKTellsWhereItsValuesStood) {
  const Tensor x = f64({{0.1, 0.9, 0.5}, {0.7, 0.2, 0.3}});
  EXPECT_EQ(topk(x, 2).indices.to_vector(), (std::vector<double>{1, 2, 0, 2}));
}

TEST(Indexing, AnOverwrittenIndexIsAnError) {
  const Variable x = Variable::leaf(random({3}));
  Tensor index = indices({2, 0});
  const Variable y = sum(gather(x, 0, index));
  index.fill(1);
  EXPECT_EQ(error_of([&] { grad(y, {x}); }),
            "saved tensor of shape [2] was overwritten in place after it was recorded; clone it before writing");
}

}  // namespace
}  // namespace gibbs::testing
