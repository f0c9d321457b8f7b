// Matrix products with every flag and every way leading axes broadcast, against the triple loop.
#include "gibbs/autograd/ops/linalg.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::testing {
namespace {

/// [..., rows, columns], or the shape that becomes it when transposed.
Shape matrix(const Shape& batch, std::int64_t rows, std::int64_t columns, bool transposed) {
  return batch.followed_by(transposed ? Shape{columns, rows} : Shape{rows, columns});
}

TEST(Linalg, MatmulWithEveryFlagAndBatch) {
  const std::pair<Shape, Shape> batches[] = {{{}, {}}, {{2}, {2}}, {{2}, {}}, {{}, {2}}, {{2, 1}, {3}}, {{1}, {2}}};
  for (bool ta : {false, true}) {
    for (bool tb : {false, true}) {
      for (const auto& [batch_a, batch_b] : batches) {
        SCOPED_TRACE(to_string(batch_a) + to_string(batch_b) + (ta ? " a^T" : "") + (tb ? " b^T" : ""));
        expect_op(
            [&](const Variables& x) {
              return matmul(x[0], x[1], {ta, tb});
            },
            {random(matrix(batch_a, 2, 3, ta)), random(matrix(batch_b, 3, 2, tb), 2)},
            [&](const Tensors& x) {
              return matrix_product(x[0], x[1], {ta, tb});
            });
      }
    }
  }
}

TEST(Linalg, MatmulOfThinAndEmptyMatrices) {
  const std::tuple<std::int64_t, std::int64_t, std::int64_t> sizes[] = {{1, 1, 1}, {3, 1, 2}, {1, 4, 1},
                                                                        {0, 2, 3}, {2, 3, 0}, {2, 0, 3}};
  for (const auto& [m, k, n] : sizes) {
    SCOPED_TRACE(to_string(Shape{m, k, n}));
    expect_op([](const Variables& x) { return matmul(x[0], x[1]); }, {random({m, k}), random({k, n}, 2)},
              [](const Tensors& x) { return matrix_product(x[0], x[1], {}); });
  }
}

TEST(Linalg, MatmulOfOneMatrixWithItselfAndOfComputedOnes) {
  expect_op([](const Variables& x) { return matmul(x[0], x[0], {.a = true}); }, {random({2, 3})},
            [](const Tensors& x) { return matrix_product(x[0], x[0], {.a = true}); });
  expect_op([](const Variables& x) { return matmul(square(x[0]), x[1] + x[0]); }, {random({2, 2}), random({2}, 2)},
            [](const Tensors& x) {
              const Tensor a = build({2, 2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); });
              const Tensor b = build({2, 2}, [&](const Index& i) { return at(x[1], i) + at(x[0], i); });
              return matrix_product(a, b, {});
            });
}

TEST(Linalg, Dense) {
  for (std::int64_t rows : {1, 3, 0}) {
    SCOPED_TRACE(rows);
    expect_op([](const Variables& x) { return dense(x[0], x[1], x[2]); },
              {random({rows, 3}), random({3, 2}, 2), random({2}, 3)},
              [&](const Tensors& x) {
                const Tensor product_only = matrix_product(x[0], x[1], {});
                return build({rows, 2}, [&](const Index& i) { return at(product_only, i) + at(x[2], i); });
              });
    expect_op([](const Variables& x) { return dense(x[0], x[1], {}); }, {random({rows, 3}), random({3, 2}, 2)},
              [](const Tensors& x) { return matrix_product(x[0], x[1], {}); });
  }
}

}  // namespace
}  // namespace gibbs::testing
