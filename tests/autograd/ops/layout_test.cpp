// Ops that rearrange elements, against the index arithmetic they stand for.
#include "gibbs/autograd/ops/layout.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

TEST(Layout, ReshapeAndFlatten) {
  const auto oracle = [](const Shape& shape) {
    return [=](const Tensors& x) { return Tensor::from(x[0].to_vector(), shape); };
  };
  expect_op([](const Variables& x) { return reshape(x[0], {3, 2}); }, {random({2, 3})}, oracle({3, 2}));
  expect_op([](const Variables& x) { return reshape(x[0], {2, 3}); }, {random({2, 3})}, oracle({2, 3}));
  expect_op([](const Variables& x) { return reshape(x[0], {}); }, {random({1, 1})}, oracle({}));
  expect_op([](const Variables& x) { return reshape(x[0], {0, 5}); }, {random({2, 0})}, oracle({0, 5}));
  expect_op([](const Variables& x) { return flatten(exp(x[0])); }, {random({2, 3, 2})},
            [](const Tensors& x) {
              return build({2, 6}, [&](const Index& i) { return std::exp(at(x[0], {i[0], i[1] / 2, i[1] % 2})); });
            });
  EXPECT_EQ(error_of([] { flatten(random({})); }), "flatten: needs a leading axis");
}

TEST(Layout, Slice) {
  struct Case {
    Shape from;
    int axis;
    std::int64_t begin, end, step, count;
  };
  const Case cases[] = {
      {{5, 2}, 0, 1, 4, 1, 3},   {{5, 2}, 0, 0, 5, 2, 3},    {{2, 5}, -1, 1, 5, 3, 2},
      {{2, 5}, 1, -3, -1, 1, 2}, {{2, 5, 1}, 1, 2, 2, 1, 0}, {{1, 4}, 0, 0, 1, 1, 1},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(to_string(c.from) + std::to_string(c.begin));
    expect_op([&](const Variables& x) { return slice(x[0], c.axis, c.begin, c.end, c.step); }, {random(c.from)},
              [&](const Tensors& x) {
                const int axis = c.axis < 0 ? c.axis + c.from.rank() : c.axis;
                const std::int64_t begin = c.begin < 0 ? c.begin + c.from[axis] : c.begin;
                Shape shape = c.from;
                shape.set(axis, c.count);
                return build(shape, [&](Index i) {
                  auto& k = i[static_cast<std::size_t>(axis)];
                  k = begin + k * c.step;
                  return at(x[0], i);
                });
              });
  }
}

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

TEST(Layout, Pad) {
  const kernels::Padding padding = {{1, 0}, {2, 1}};
  expect_op([&](const Variables& x) { return pad(x[0], padding, 7); }, {random({2, 3})},
            [](const Tensors& x) {
              return build({3, 6}, [&](const Index& i) {
                const std::int64_t row = i[0] - 1, column = i[1] - 2;
                return row >= 0 && column >= 0 && column < 3 ? at(x[0], {row, column}) : 7;
              });
            });
}

TEST(Layout, Concat) {
  expect_op(
      [](const Variables& x) {
        return concat({x[0], x[1], x[0]}, 1);
      },
      {random({2, 3}), random({2, 1}, 2)},
      [](const Tensors& x) {
        return build({2, 7}, [&](const Index& i) {
          return i[1] == 3 ? at(x[1], {i[0], 0}) : at(x[0], {i[0], i[1] < 3 ? i[1] : i[1] - 4});
        });
      });
  expect_op(
      [](const Variables& x) {
        return concat({exp(x[0]), x[1]}, -2);
      },
      {random({0, 2}), random({3, 2}, 2)}, [](const Tensors& x) { return x[1]; });
  expect_op(
      [](const Variables& x) {
        return concat({Tensor::ones({1}, x[0].dtype()), x[0]});
      },
      {random({2})},
      [](const Tensors& x) { return build({3}, [&](const Index& i) { return i[0] ? at(x[0], {i[0] - 1}) : 1; }); });
  EXPECT_EQ(error_of([] { concat({}); }), "concat: needs at least one part");
}

TEST(Layout, StackAndUnbindAreAdjoint) {
  for (int axis : {0, 1, -1}) {
    SCOPED_TRACE(axis);
    const std::size_t new_axis = axis < 0 ? 2 : static_cast<std::size_t>(axis);
    expect_op(
        [&](const Variables& x) {
          return stack({x[0], x[1], x[0]}, axis);
        },
        {random({2, 3}), random({2, 3}, 2)},
        [&](const Tensors& x) {
          return build(Shape{2, 3}.with_inserted(static_cast<int>(new_axis), 3), [&](Index i) {
            const std::int64_t part = i[new_axis];
            i.erase(i.begin() + static_cast<std::ptrdiff_t>(new_axis));
            return at(x[part == 1 ? 1 : 0], i);
          });
        });
    expect_op(
        [&](const Variables& x) {
          const Variables parts = unbind(x[0], axis);
          return parts[0] * parts[1];
        },
        {random({2, 2, 2})},
        [&](const Tensors& x) {
          return build({2, 2}, [&](const Index& i) {
            Index first = i, second = i;
            first.insert(first.begin() + static_cast<std::ptrdiff_t>(new_axis), 0);
            second.insert(second.begin() + static_cast<std::ptrdiff_t>(new_axis), 1);
            return at(x[0], first) * at(x[0], second);
          });
        });
  }
  EXPECT_EQ(error_of([] { stack({}); }), "stack: needs at least one part");
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

TEST(Layout, Permutations) {
  expect_op(
      [](const Variables& x) {
        return permute_copy(x[0], {2, 0, -2});
      },
      {random({2, 3, 4})},
      [](const Tensors& x) {
        return build({4, 2, 3}, [&](const Index& i) { return at(x[0], {i[1], i[2], i[0]}); });
      });
  expect_op([](const Variables& x) { return transpose(x[0]); }, {random({2, 1, 3})},
            [](const Tensors& x) {
              return build({2, 3, 1}, [&](const Index& i) { return at(x[0], {i[0], i[2], i[1]}); });
            });
  EXPECT_EQ(error_of([] { permute_copy(random({2, 3}), {0}); }), "permute_copy: 1 axes for shape [2, 3]");
  EXPECT_EQ(error_of([] { transpose(random({2})); }), "transpose: needs two axes, not shape [2]");
}

}  // namespace
}  // namespace gibbs::testing
