// Matrix products with every flag, and softmax along every axis.
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;
using testing::matrix_product;
using testing::random;
using testing::softmax_along;

OpEntry matmul_entry() {
  const auto sample = [](const std::string& what, const Shape& a, const Shape& b, kernels::Transposed t) {
    return Sample{what,
                  [t](const Variables& x) { return matmul(x[0], x[1], t); },
                  {random(a), random(b, 2)},
                  [t](const Tensors& x) { return matrix_product(x[0], x[1], t); }};
  };
  return {"matmul",
          {sample("plain", {2, 3}, {3, 2}, {}),
           sample("a transposed", {3, 2}, {3, 2}, {.a = true, .b = false}),
           sample("b transposed", {2, 3}, {2, 3}, {.a = false, .b = true}),
           sample("both transposed", {3, 2}, {2, 3}, {.a = true, .b = true}),
           sample("squares", {2, 2}, {2, 2}, {}),
           sample("batches", {2, 2, 3}, {2, 3, 1}, {}),
           sample("one matrix for a batch", {2, 3}, {2, 3, 2}, {}),
           sample("a batch for one matrix", {2, 2, 3}, {3, 2}, {}),
           sample("batches that broadcast", {2, 1, 1, 2}, {3, 2, 2}, {}),
           sample("the same, a transposed", {2, 1, 2, 1}, {3, 2, 2}, {.a = true, .b = false}),
           sample("the same, b transposed", {1, 2, 3}, {2, 2, 3}, {.a = false, .b = true}),
           sample("the same, both transposed", {2, 1, 3, 2}, {3, 2, 3}, {.a = true, .b = true}),
           sample("single numbers", {1, 1}, {1, 1}, {}),
           sample("an outer product", {3, 1}, {1, 2}, {}),
           sample("an inner product", {1, 4}, {4, 1}, {}),
           sample("inner size 0", {2, 0}, {0, 3}, {}),
           sample("no rows", {0, 2}, {2, 3}, {}),
           sample("no columns", {2, 3}, {3, 0}, {}),
           {"a matrix with itself",
            [](const Variables& x) { return matmul(x[0], x[0], {.a = true, .b = false}); },
            {random({2, 3})},
            [](const Tensors& x) { return matrix_product(x[0], x[0], {.a = true, .b = false}); }}},
          {{[] {
              matmul(random({2, 3}), random({2, 3}));
            },
            "matmul: inner sizes differ: [2, 3] x [2, 3]"},
           {[] {
              matmul(random({2}), random({2, 3}));
            },
            "matmul: needs at least two axes on both sides: [2] x [2, 3]; reshape a vector to [1, n] or [n, 1]"},
           {[] {
              matmul(random({2, 1, 2}), random({3, 2, 1}));
            },
            "matmul: shapes [2] and [3] do not broadcast: axis -1 has 2 and 3; sizes must be equal or 1"}}};
}

OpEntry dense_entry() {
  const auto sample = [](std::int64_t rows, std::int64_t in, std::int64_t out) {
    return Sample{std::to_string(rows) + " rows",
                  [](const Variables& x) { return dense(x[0], x[1], x[2]); },
                  {random({rows, in}), random({in, out}, 2), random({out}, 3)},
                  [=](const Tensors& x) {
                    const Tensor y = matrix_product(x[0], x[1]);
                    return build({rows, out}, [&](const Index& i) { return at(y, i) + at(x[2], i); });
                  }};
  };
  const auto then = [](const char* what, kernels::Activation activation) {
    return Sample{what,
                  [=](const Variables& x) { return dense(x[0], x[1], x[2], activation); },
                  {random({5, 3}, 1, -1, 1), random({3, 4}, 2, -1, 1), random({4}, 3, -1, 1)},
                  [=](const Tensors& x) {
                    const Tensor y = matrix_product(x[0], x[1]);
                    return build({5, 4}, [&](const Index& i) {
                      return testing::activated(activation, at(y, i) + at(x[2], {i[1]}));
                    });
                  }};
  };
  return {"dense",
          {sample(3, 3, 2),
           sample(1, 1, 1),
           sample(2, 2, 2),
           sample(0, 3, 2),
           then("then relu", kernels::Activation::relu),
           then("then gelu", kernels::Activation::gelu),
           {"without bias, then relu",
            [](const Variables& x) { return dense(x[0], x[1], {}, kernels::Activation::relu); },
            {random({5, 3}, 1, -1, 1), random({3, 4}, 2, -1, 1)},
            [](const Tensors& x) {
              const Tensor y = matrix_product(x[0], x[1]);
              return build({5, 4}, [&](const Index& i) { return std::max(at(y, i), 0.0); });
            }},
           {"without bias",
            [](const Variables& x) { return dense(x[0], x[1], {}); },
            {random({3, 2}), random({2, 2}, 2)},
            [](const Tensors& x) { return matrix_product(x[0], x[1]); }}},
          {{[] {
              dense(random({2, 3}), random({2, 3}), {});
            },
            "dense: x [2, 3] has 3 features, w [2, 3] takes 2"},
           {[] {
              dense(random({2, 3}), random({3, 2}), random({3}));
            },
            "dense: bias is [3], needs [2]"}}};
}

/// Weighted: the plain sum of a softmax is constant.
OpEntry softmax_entry(const std::string& name, Variable (*op)(const Variable&, int), double (*of_probability)(double)) {
  const auto sample = [=](const Shape& shape, int axis) {
    const Tensor weights = random(shape, 5);
    return Sample{to_string(shape) + " along axis " + std::to_string(axis),
                  [=](const Variables& x) { return op(x[0], axis) * cast(weights, x[0].dtype()); },
                  {random(shape, 1, -2, 2)},
                  [=](const Tensors& x) {
                    const Tensor q = softmax_along(x[0], axis);
                    return build(shape, [&](const Index& i) { return of_probability(at(q, i)) * at(weights, i); });
                  },
                  {.alone = false}};
  };
  return {name,
          {sample({2, 3}, -1),
           sample({2, 3}, 0),
           sample({2, 3, 2}, 1),
           sample({4}, 0),
           sample({20, 17}, -1),
           {"no rows",
            [op](const Variables& x) { return op(x[0], 1); },
            {random({0, 3})},
            [](const Tensors& x) { return x[0]; }}},
          {{[op] {
              op(random({2, 3}), 2);
            },
            name + ": axis 2 does not exist in 2 axes"},
           {[op] { op(random({}), -1); }, name + ": axis -1 does not exist in 0 axes"}}};
}

}  // namespace

OpEntries linalg_entries() { return {matmul_entry(), dense_entry()}; }

OpEntries softmax_entries() {
  return {softmax_entry("softmax", softmax, [](double q) { return q; }),
          softmax_entry("log_softmax", log_softmax, [](double q) { return std::log(q); })};
}

}  // namespace gibbs::battery
