// The doors into the tape: what is recorded, what is dropped, and what `fused` promises about its boundary.
#include "gibbs/autograd/record.h"

#include <algorithm>
#include <memory>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/parallel.h"
#include "tests/autograd/allocations.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

/// y = a b as a fused op.
Variable fused_product(const Variable& a, const Variable& b) {
  const auto fast = [](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
    return std::vector<Tensor>{wanted[0] ? dy * in[1].value() : Tensor(), wanted[1] ? dy * in[0].value() : Tensor()};
  };
  return fused("fused_product", {a, b}, a.value() * b.value(), fast, [](const Variables& in) { return in[0] * in[1]; });
}

TEST(Record, LambdasOfConstantInputsAreDroppedWithTheirCaptures) {
  const auto token = std::make_shared<int>(0);
  const Variable x = Variable::leaf(f64({1})), constant = f64({2});
  const auto gradient = [token](const Variable& dy) { return dy; };
  const Variable y = record("op", f64({3}), wrt(x, [](const Variable& dy) { return dy; }), wrt(constant, gradient));
  EXPECT_EQ(y.edge().node->inputs.size(), 1U);
  EXPECT_EQ(token.use_count(), 2) << "the token and the lambda of this test, none in the graph";
  const Variable both = record("op", f64({3}), wrt(x, [](const Variable& dy) { return dy; }), wrt(x, gradient));
  EXPECT_EQ(token.use_count(), 3);
}

TEST(Record, OutputsAreKeptOnlyForLambdasThatReadThem) {
  const Variable x = Variable::leaf(f64({1}));
  EXPECT_EQ(exp(x).edge().node->kept.size(), 1U);
  EXPECT_TRUE(log(x).edge().node->kept.empty());
}

TEST(Record, ConsumingFreesCaptures) {
  const auto token = std::make_shared<int>(0);
  const Variable x = Variable::leaf(f64({1}));
  const Variable y = record("op", f64({3}), wrt(x, [token](const Variable& dy) { return dy; }));
  EXPECT_EQ(token.use_count(), 2);
  grad(y, {x});
  EXPECT_EQ(token.use_count(), 1);
}

TEST(Record, ManyOutputsGiveZerosForThoseWithoutGradient) {
  const Variable x = Variable::leaf(f64({2, 3}));
  std::vector<double> seen;
  const Variables y = record_many("split", {f64({2}), f64({3})}, {x.edge()}, [&](const GradientCall& call) {
    seen = call.dy[1].value().to_vector();
    return Variables{concat({call.dy[0], call.dy[1]})};
  });
  EXPECT_TRUE(near(grad(y[0], {x})[0].value(), f64({1, 0}), 0));
  EXPECT_EQ(seen, std::vector<double>{0});
}

TEST(Record, OnlyFloatingResultsAreRecorded) {
  const Variable x = Variable::leaf(f64({1}));
  EXPECT_EQ(
      error_of([&] { record("round", Tensor::of({1}, DType::int64), wrt(x, [](const Variable& dy) { return dy; })); }),
      "round: only float32 and float64 carry gradients, the result is int64");
}

TEST(Record, OpsInsideParallelForThrow) {
  const Variable x = Variable::leaf(f64({1})), constant = f64({1});
  const std::string message = "exp: ops do not run inside parallel_for; call kernels on Tensors there";
  for (const Variable& input : {x, constant}) {
    EXPECT_EQ(error_of([&] { parallel_for(0, 4, 1, [&](std::int64_t, std::int64_t) { exp(input); }); }), message);
  }
  EXPECT_EQ(error_of([&] { parallel_for(0, 1, 1, [&](std::int64_t, std::int64_t) { fused_product(x, x); }); }),
            "fused_product: ops do not run inside parallel_for; call kernels on Tensors there");
  EXPECT_EQ(error_of([&] { parallel_for(0, 1, 1, [&](std::int64_t, std::int64_t) { grad(x, {x}); }); }),
            "grad: does not run inside parallel_for");
  EXPECT_EQ(error_of([&] { parallel_for(0, 1, 1, [&](std::int64_t, std::int64_t) { backward(x); }); }),
            "backward: does not run inside parallel_for");
}

TEST(Record, LinearMapServesEveryOrderWithTwoKernels) {
  const auto doubled = [](const Variable& x) {
    const auto twice = [](const Tensor& t) { return t + t; };
    return linear_map("twice", x, twice, twice);
  };
  expect_op([&](const Variables& x) { return doubled(x[0]); }, {random({3})},
            [](const Tensors& x) { return build({3}, [&](const Index& i) { return 2 * at(x[0], i); }); });
}

TEST(Fused, BothPathsAgree) {
  const auto oracle = [](const Tensors& x) {
    return build({3}, [&](const Index& i) { return at(x[0], i) * at(x.back(), i); });
  };
  expect_op([](const Variables& x) { return fused_product(x[0], x[1]); }, {random({3}), random({3}, 2)}, oracle);
  expect_op([](const Variables& x) { return fused_product(x[0], x[0]); }, {random({3})}, oracle);
  expect_op([](const Variables& x) { return fused_product(x[0], cast(random({3}, 5), x[0].dtype())); }, {random({3})},
            [&](const Tensors& x) {
              return oracle({x[0], random({3}, 5)});
            });
}

TEST(Fused, TheSameInputTwiceCountsTwice) {
  const Variable x = Variable::leaf(f64({0.7}));
  const Variable first = grad(fused_product(x, x), {x}, {.create_graph = true})[0];
  EXPECT_DOUBLE_EQ(first.value().item(), 1.4);
  EXPECT_DOUBLE_EQ(grad(first, {x})[0].value().item(), 2);
  const Variable y = fused_product(x, exp(x));
  EXPECT_DOUBLE_EQ(grad(y, {x}, {.create_graph = true})[0].value().item(), std::exp(0.7) * 1.7);
}

/// y = x^3 with a gradient by hand, on plain tensors: the whole of a user's op.
Variable cube(const Variable& x) {
  return fused("cube", {x}, x.value() * x.value() * x.value(),
               [](const Variables& in, const Tensor& dy, const std::vector<bool>&) {
                 return std::vector{dy * 3.0 * in[0].value() * in[0].value()};
               });
}

TEST(Fused, WithoutAReferenceHasAGradientButNoSecondOne) {
  EXPECT_TRUE(gradcheck([](const Variables& in) { return cube(in[0]); }, {random({3})}));
  const Variable x = Variable::leaf(f64({2}));
  EXPECT_EQ(error_of([&] { grad(cube(x), {x}, {.create_graph = true}); }),
            "grad: 'cube' has a gradient on tensors only, which cannot be differentiated again; give `fused` the same "
            "function in ops as its reference");
}

TEST(Fused, TheFastPathSeesWhichInputsAreWanted) {
  const Variable a = Variable::leaf(f64({1})), b = Variable::leaf(f64({2}));
  std::vector<bool> seen;
  const auto fast = [&](const Variables&, const Tensor& dy, const std::vector<bool>& wanted) {
    seen = wanted;
    return std::vector<Tensor>(3, dy);
  };
  const Variable y = fused("op", {a, f64({5}), b}, f64({3}), fast, [](const Variables& in) { return in[0]; });
  grad(y, {b});
  EXPECT_EQ(seen, (std::vector<bool>{false, false, true}));
}

/// Allocations of one gradient with a graph through y <- f(y, side), stacked. `side` grows with the stack and leads to
/// no requested input: walking it, or y's own past, again in every block takes quadratic work, and an entry for each
/// node that is walked.
std::int64_t allocations_of_stack(int blocks) {
  int reference_calls = 0;
  const auto block = [&](const Variable& a, const Variable& b) {
    const auto fast = [](const Variables&, const Tensor& dy, const std::vector<bool>&) { return std::vector{dy, dy}; };
    return fused("block", {a, b}, a.value() * b.value(), fast, [&](const Variables& in) {
      ++reference_calls;
      return in[0] * in[1];
    });
  };
  const Variable x = Variable::leaf(f64({1}));
  Variable y = x, side = Variable::leaf(f64({1}));
  for (int i = 0; i < blocks; ++i) {
    side = side * 1.0;
    y = block(y, side);
  }
  const std::int64_t before = allocations();
  EXPECT_EQ(grad(y, {x}, {.create_graph = true})[0].value().item(), 1);
  EXPECT_EQ(reference_calls, blocks);
  return allocations() - before;
}

TEST(Fused, StackedBlocksTakeLinearWork) {
  const std::int64_t few = allocations_of_stack(500), many = allocations_of_stack(4000);
  EXPECT_GT(few, 500) << "they are counted";
  EXPECT_LT(many, 9 * few) << "8 would be linear, 64 quadratic";
}

TEST(Fused, AnInputThatTheReferenceIgnoresGetsZeros) {
  const Variable a = Variable::leaf(f64({2})), b = Variable::leaf(f64({3}));
  const auto fast = [](const Variables&, const Tensor& dy, const std::vector<bool>&) {
    return std::vector{dy, kernels::mul(dy, 0.0)};
  };
  for (bool create_graph : {false, true}) {
    const Variable y = fused("first", {a, b}, a.value(), fast, [](const Variables& in) { return in[0]; });
    EXPECT_EQ(grad(y, {b}, {.create_graph = create_graph})[0].value().item(), 0);
  }
}

}  // namespace
}  // namespace gibbs::testing
