// Reductions over every choice of axes, and what happens at ties, zeros, -inf and empty axes.
#include "gibbs/autograd/ops/reduce.h"

#include <cmath>
#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Reduction = Variable (*)(const Variable&, const Axes&, bool);

struct Reduce {
  const char* name;
  Reduction op;
  std::function<double(const std::vector<double>&)> oracle;
  bool of_nothing = false;  // defined for no elements
};

double total(const std::vector<double>& v) {
  double result = 0;
  for (double x : v) {
    result += x;
  }
  return result;
}

double sum_of_squares(const std::vector<double>& v) {
  const double mean = total(v) / static_cast<double>(v.size());
  double result = 0;
  for (double x : v) {
    result += (x - mean) * (x - mean);
  }
  return result;
}

const Reduce kReductions[] = {
    {"sum", sum, total, true},
    {"mean", mean, [](const std::vector<double>& v) { return total(v) / static_cast<double>(v.size()); }},
    {"var", [](const Variable& x, const Axes& axes, bool keepdim) { return var(x, axes, keepdim); },
     [](const std::vector<double>& v) { return sum_of_squares(v) / static_cast<double>(v.size()); }},
    {"max", max, [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }},
    {"min", min, [](const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }},
    {"prod", prod,
     [](const std::vector<double>& v) {
       double result = 1;
       for (double x : v) {
         result *= x;
       }
       return result;
     },
     true},
    {"logsumexp", logsumexp,
     [](const std::vector<double>& v) {
       double result = 0;
       for (double x : v) {
         result += std::exp(x);
       }
       return std::log(result);
     },
     true},
};

TEST(Reduce, EveryChoiceOfAxes) {
  const std::pair<Shape, Axes> cases[] = {
      {{2, 3, 2}, {}}, {{2, 3, 2}, {1}}, {{2, 3, 2}, {0, -1}}, {{2, 3, 2}, {-2}}, {{5}, {0}}, {{2, 1, 3}, {2}},
  };
  for (const Reduce& reduce : kReductions) {
    for (const auto& [shape, axes] : cases) {
      for (bool keepdim : {false, true}) {
        SCOPED_TRACE(reduce.name + to_string(shape) + ::testing::PrintToString(axes) + (keepdim ? " keepdim" : ""));
        expect_op([&, a = axes](const Variables& x) { return reduce.op(x[0], a, keepdim); }, {random(shape)},
                  [&, a = axes](const Tensors& x) { return reduced(x[0], a, keepdim, reduce.oracle); });
      }
    }
  }
}

TEST(Reduce, OfOneElementAndOfComputedInputs) {
  for (const Reduce& reduce : kReductions) {
    SCOPED_TRACE(reduce.name);
    const bool constant = std::string(reduce.name) == "var";  // the variance of one element is 0
    for (const Shape& shape : {Shape{}, Shape{1, 1}}) {
      if (!constant) {
        expect_op([&](const Variables& x) { return reduce.op(x[0], {}, false); }, {random(shape)},
                  [&](const Tensors& x) { return reduced(x[0], {}, false, reduce.oracle); });
      }
    }
    expect_op([&](const Variables& x) { return reduce.op(square(x[0]), {0}, false); }, {random({3, 2})},
              [&](const Tensors& x) {
                const Tensor squared = build({3, 2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); });
                return reduced(squared, {0}, false, reduce.oracle);
              });
  }
}

TEST(Reduce, EmptyAxes) {
  for (const Reduce& reduce : kReductions) {
    SCOPED_TRACE(reduce.name);
    expect_op([&](const Variables& x) { return reduce.op(x[0], {1}, false); }, {random({0, 3})},
              [&](const Tensors& x) { return reduced(x[0], {1}, false, reduce.oracle); });
    const auto over_nothing = [&](const Variables& x) { return reduce.op(x[0], {0}, false); };
    if (reduce.of_nothing) {
      expect_op(over_nothing, {random({0, 3})},
                [&](const Tensors& x) { return reduced(x[0], {0}, false, reduce.oracle); });
    } else {
      EXPECT_NE(error_of([&] { over_nothing({random({0, 3})}); }), "");
    }
  }
  EXPECT_EQ(error_of([] { mean(random({0, 3})); }), "mean: no elements to average in [0, 3]");
  EXPECT_EQ(error_of([] { var(random({1, 3}), {0}, false, 1); }), "var: 1 elements are too few for correction 1");
}

TEST(Reduce, VarianceWithCorrection) {
  expect_op([](const Variables& x) { return var(x[0], {1}, true, 1); }, {random({2, 4})},
            [](const Tensors& x) {
              return reduced(x[0], {1}, true, [](const std::vector<double>& v) { return sum_of_squares(v) / 3; });
            });
}

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

TEST(Reduce, BroadcastToAndSumToAreAdjoint) {
  const std::pair<Shape, Shape> cases[] = {{{3}, {2, 3}}, {{2, 1}, {2, 3}}, {{}, {2, 2}}, {{2, 3}, {2, 3}}, {{1}, {0}}};
  for (const auto& [small, large] : cases) {
    SCOPED_TRACE(to_string(small) + to_string(large));
    expect_op([l = large](const Variables& x) { return broadcast_to(x[0], l); }, {random(small)},
              [l = large](const Tensors& x) { return build(l, [&](const Index& i) { return at(x[0], i); }); });
    expect_op([s = small](const Variables& x) { return sum_to(x[0], s); }, {random(large)},
              [s = small](const Tensors& x) {
                Tensor result = Tensor::zeros(s, DType::float64);
                for_each_index(x[0].shape(), [&](const Index& i) {
                  std::int64_t flat = 0;
                  for (int axis = 0; axis < s.rank(); ++axis) {
                    const std::int64_t k = i[i.size() - static_cast<std::size_t>(s.rank() - axis)];
                    flat = flat * s[axis] + (s[axis] == 1 ? 0 : k);
                  }
                  result.mutable_data<double>()[flat] += at(x[0], i);
                });
                return result;
              });
  }
}

}  // namespace
}  // namespace gibbs::testing
