// Gather, scatter and order statistics: gradients return to where each value came from.
#include "gibbs/autograd/ops/indexing.h"

#include <algorithm>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

Tensor indices(const NestedList& list) { return Tensor::of(list, DType::int64); }

TEST(Indexing, GatherRepeatsAndLeavesOut) {
  const Tensor rows = indices({{2, 0}, {2, 1}, {0, 0}, {2, 2}});
  expect_op(
      [&](const Variables& x) { return gather(x[0], 0, rows); }, {random({3, 2})},
      [&](const Tensors& x) {
        return build({4, 2}, [&](const Index& i) { return at(x[0], {rows.at<std::int64_t>({i[0], i[1]}), i[1]}); });
      });
  const Tensor columns = indices({{1}, {0}});
  expect_op([&](const Variables& x) { return gather(exp(x[0]), -1, columns); }, {random({2, 3})},
            [&](const Tensors& x) {
              return build({2, 1}, [&](const Index& i) {
                return std::exp(at(x[0], {i[0], columns.at<std::int64_t>({i[0], 0})}));
              });
            });
  expect_op([](const Variables& x) { return gather(x[0], 0, Tensor::zeros({0}, DType::int64)); }, {random({3})},
            [](const Tensors&) { return Tensor::zeros({0}, DType::float64); });
}

TEST(Indexing, ScatterAddSumsRepeatedIndices) {
  const Tensor index = indices({{1, 1, 0}, {2, 2, 2}});
  expect_op(
      [&](const Variables& x) {
        return scatter_add({2, 4}, 1, index, x[0]);
      },
      {random({2, 3})},
      [&](const Tensors& x) {
        return build({2, 4}, [&](const Index& i) {
          double total = 0;
          for (std::int64_t k = 0; k < 3; ++k) {
            total += index.at<std::int64_t>({i[0], k}) == i[1] ? at(x[0], {i[0], k}) : 0;
          }
          return total;
        });
      });
}

TEST(Indexing, Sort) {
  for (bool descending : {false, true}) {
    expect_op([&](const Variables& x) { return sort(x[0], 1, descending).values; }, {random({2, 5})},
              [&](const Tensors& x) {
                Tensor result = x[0].clone();
                for (std::int64_t row = 0; row < 2; ++row) {
                  double* first = result.mutable_data<double>() + row * 5;
                  std::sort(first, first + 5, [&](double a, double b) { return descending ? a > b : a < b; });
                }
                return result;
              });
  }
  const Variable x = Variable::leaf(f64({3, 1, 3, 2}));
  const SortedVariable sorted = sort(x);
  EXPECT_EQ(sorted.indices.to_vector(), (std::vector<double>{1, 3, 0, 2}));
  EXPECT_TRUE(near(grad(sorted.values, {x}, f64({10, 20, 30, 40}))[0].value(), f64({30, 10, 40, 20}), 0));
}

TEST(Indexing, TopK) {
  const Tensor x = f64({{0.1, 0.9, 0.5}, {0.7, 0.2, 0.3}});
  expect_op([](const Variables& v) { return topk(v[0], 2).values; }, {x},
            [](const Tensors&) {
              return f64({{0.9, 0.5}, {0.7, 0.3}});
            });
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
