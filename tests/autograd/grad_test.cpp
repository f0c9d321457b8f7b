// The engine: what is walked, what is kept, what is refused and in which words.
#include "gibbs/autograd/grad.h"

#include <thread>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

double derivative(const Variable& y, const Variable& x, const GradOptions& options = {}) {
  return grad(y, {x}, options)[0].value().item();
}

TEST(Grad, PathsAddUp) {
  const Variable x = Variable::leaf(f64({3}));
  const Variable a = x * x;
  EXPECT_EQ(derivative(a * x + a + x, x), 27 + 6 + 1);
}

TEST(Grad, OfIntermediateVariablesAndOfYItself) {
  const Variable x = Variable::leaf(f64({3}));
  const Variable a = x * x, y = a * x;
  const Variables g = grad(y, {a, x, y}, {.create_graph = true});
  EXPECT_EQ(g[0].value().item(), 3);
  EXPECT_EQ(g[1].value().item(), 27);
  EXPECT_EQ(g[2].value().item(), 1);
}

TEST(Grad, TheSameInputTwiceInTheList) {
  const Variable x = Variable::leaf(f64({3}));
  const Variables g = grad(x * x, {x, x});
  EXPECT_EQ(g[0].value().item(), 6);
  EXPECT_EQ(g[1].value().item(), 6);
}

TEST(Grad, ContractsWithTheCotangent) {
  const Variable x = Variable::leaf(f64({1, 2}));
  EXPECT_TRUE(near(grad(x * x, {x}, f64({10, 100}))[0].value(), f64({20, 400}), 0));
}

TEST(Grad, IsDifferentiableInTheCotangent) {
  const Variable x = Variable::leaf(f64({3})), v = Variable::leaf(f64({1}));
  const Variable g = grad(x * x, {x}, v, {.create_graph = true})[0];
  EXPECT_EQ(derivative(g, v), 6);
}

TEST(Grad, AGraphIsConsumedUnlessRetained) {
  const Variable x = Variable::leaf(f64({3}));
  const Variable y = exp(x * x);
  EXPECT_EQ(derivative(y, x, {.retain_graph = true}), derivative(y, x, {.create_graph = true}));
  derivative(y, x);
  EXPECT_EQ(error_of([&] { derivative(y, x); }),
            "grad: 'exp' was already differentiated and freed; pass .retain_graph = true to the first call");
}

TEST(Grad, OnlyThePathIsConsumed) {
  const Variable x = Variable::leaf(f64({3})), w = Variable::leaf(f64({2}));
  const Variable a = exp(x), y = a * w;
  EXPECT_EQ(derivative(y, a), 2);  // consumes the product, not the exponential
  EXPECT_EQ(derivative(a + w, x), std::exp(3));
  EXPECT_EQ(derivative(a * 5.0, a), 5) << "a is consumed itself, but its own lambdas are not needed";
  EXPECT_NE(error_of([&] { derivative(a * 5.0, x); }), "");
}

TEST(Grad, AGradientWithoutAGraphIsAConstant) {
  const Variable x = Variable::leaf(f64({3}));
  const Variable y = x * x * x;
  EXPECT_FALSE(grad(y, {x}, {.retain_graph = true})[0].traced());
  EXPECT_TRUE(grad(y, {x}, {.create_graph = true})[0].traced());
  EXPECT_TRUE(tape_is_on());
}

TEST(Grad, WorksUnderNoTape) {
  const Variable x = Variable::leaf(f64({3}));
  const Variable y = x * x * x;
  const NoTape no_tape;
  const Variable first = grad(y, {x}, {.create_graph = true})[0];
  EXPECT_EQ(derivative(first, x), 18);
  EXPECT_FALSE(tape_is_on());
}

TEST(Grad, Refusals) {
  const Variable x = Variable::leaf(f64({3, 4})), w = Variable::leaf(f64({1})), constant = f64({1});
  EXPECT_EQ(error_of([&] {
              grad(sum(x), {x, constant});
            }),
            "grad: input 1 is a constant; make it with Variable::leaf before computing y");
  EXPECT_EQ(error_of([&] {
              grad(sum(x), {x, w});
            }),
            "grad: y does not depend on input 1; pass .allow_unused = true for zeros");
  EXPECT_EQ(error_of([&] { grad(constant, {x}); }),
            "grad: y does not depend on input 0; pass .allow_unused = true for zeros");
  EXPECT_EQ(error_of([&] { grad(exp(x), {x}); }),
            "grad: y has shape [2]; only a one-element y has a gradient of its own. Reduce it, or pass a cotangent dy");
  EXPECT_EQ(error_of([&] { grad(exp(x), {x}, f64({1})); }),
            "grad: y is [2] float64, its cotangent [1] float64; they must be equal");
  EXPECT_EQ(error_of([&] {
              grad(exp(x), {x}, Tensor::of({1, 1}));
            }),
            "grad: y is [2] float64, its cotangent [2] float32; they must be equal");
  EXPECT_NE(error_of([&] { grad(Variable(), {x}); }), "");
}

TEST(Grad, AllowUnusedGivesZeros) {
  const Variable x = Variable::leaf(f64({3, 4})), w = Variable::leaf(f64({{1, 2}}));
  const Variables g = grad(sum(x), {w, x}, {.allow_unused = true});
  EXPECT_TRUE(near(g[0].value(), f64({{0, 0}}), 0));
  EXPECT_TRUE(near(g[1].value(), f64({1, 1}), 0));
  EXPECT_TRUE(near(grad(Tensor::ones({}, DType::float64), {w}, {.allow_unused = true})[0].value(), f64({{0, 0}}), 0));
}

TEST(Grad, OnlyLambdasOnAPathToAWantedInputRun) {
  int runs = 0;
  const Variable x = Variable::leaf(f64({3})), w = Variable::leaf(f64({2}));
  const auto counted = [&](const Variable& v) {
    return record("counted", v.value(), wrt(v, [&](const Variable& dy) { return ++runs, dy; }));
  };
  const Variable y = counted(counted(x)) * counted(w);
  derivative(y, w, {.retain_graph = true});
  EXPECT_EQ(runs, 1);
  derivative(y, x, {.retain_graph = true});
  EXPECT_EQ(runs, 3);
}

TEST(Grad, BroadcastingIsUndoneOnlyForOpsRecordedSo) {
  const Variable x = Variable::leaf(f64({1, 2, 3}));
  const auto widened = [](const Variable& dy) { return broadcast_to(dy, {2, 3}); };
  const Variable declared = record(broadcasting("op"), f64({1, 2, 3}), wrt(x, widened));
  EXPECT_TRUE(near(grad(declared, {x}, f64({1, 1, 1}))[0].value(), f64({2, 2, 2}), 0));
  const Variable wrong = record("op", f64({1, 2, 3}), wrt(x, widened));
  EXPECT_EQ(error_of([&] { grad(sum(wrong), {x}); }),
            "grad: 'op' gave a gradient of shape [2, 3] for input 0 of shape [3]; record it as broadcasting(...) if "
            "that is what it does");
}

TEST(Grad, WrongGradientFunctionsAreNamed) {
  const Variable x = Variable::leaf(f64({1}));
  const auto error_with = [&](const std::function<Variable(const Variable&)>& lambda) {
    return error_of([&] { grad(record("op", f64({1}), wrt(x, lambda)), {x}); });
  };
  EXPECT_EQ(error_with([](const Variable&) { return Variable(); }), "grad: 'op' gave no gradient for input 0");
  EXPECT_EQ(error_with([](const Variable&) { return Variable(Tensor::of({1})); }),
            "grad: 'op' gave a gradient of another dtype than input 0");
  const Variables y = record_many("op", {f64({1})}, {x.edge()}, [](const GradientCall&) { return Variables{}; });
  EXPECT_EQ(error_of([&] { grad(y[0], {x}); }), "grad: 'op' gave 0 gradients for 1 inputs");
}

TEST(Grad, AnExceptionLeavesTheTapeOn) {
  const Variable x = Variable::leaf(f64({1}));
  EXPECT_ANY_THROW(grad(x * x, {Variable::leaf(f64({1}))}));
  EXPECT_TRUE(tape_is_on());
}

TEST(Grad, DiamondsTakeLinearTime) {
  const Variable x = Variable::leaf(f64({1}));
  Variable y = x;
  for (int i = 0; i < 60; ++i) {  // 2^60 paths
    y = y + y;
  }
  EXPECT_EQ(derivative(y, x), std::pow(2.0, 60));
}

TEST(Grad, TwoThreadsShareLeaves) {
  const Variable x = Variable::leaf(random({50})), w = Variable::leaf(random({50}, 2));
  const auto work = [&](Tensor& result) {
    for (int i = 0; i < 200; ++i) {
      const Variable y = sum(exp(x * w) / w);
      const Variable first = grad(y, {x}, {.create_graph = true})[0];
      result = grad(sum(first * first), {w})[0].value();
    }
  };
  Tensor a, b;
  std::thread first(work, std::ref(a)), second(work, std::ref(b));
  first.join();
  second.join();
  EXPECT_TRUE(near(a, b, 0));
}

TEST(Backward, AddsToTheStoredGradientsOfLeaves) {
  const Variable x = Variable::leaf(f64({1, 2})), w = Variable::leaf(f64({5, 7}));
  backward(sum(x * w));
  EXPECT_TRUE(near(x.gradient(), f64({5, 7}), 0));
  backward(sum(x * 2.0));
  EXPECT_TRUE(near(x.gradient(), f64({7, 9}), 0));
  EXPECT_TRUE(near(w.gradient(), f64({1, 2}), 0));
  backward(x * x, f64({10, 100}));
  EXPECT_TRUE(near(x.gradient(), f64({27, 409}), 0));
  Variable(x).clear_gradient();
  EXPECT_FALSE(x.gradient().defined());
}

TEST(Backward, AnEarlierGradientIsNotWrittenOver) {
  const Variable x = Variable::leaf(f64({1}));
  backward(x * 2.0);
  const Tensor held = x.gradient();
  backward(x * 3.0);
  EXPECT_EQ(held.item(), 2);
  EXPECT_EQ(x.gradient().item(), 5);
}

TEST(Backward, Refusals) {
  const Variable x = Variable::leaf(f64({1, 2}));
  EXPECT_EQ(error_of([] { backward(f64({1})); }),
            "backward: y does not depend on any leaf; was it computed under NoTape, from constants, or from frozen "
            "parameters?");
  EXPECT_EQ(error_of([&] { backward(sum(x), {.create_graph = true}); }),
            "backward: stored gradients are tensors without a graph; use grad() for create_graph");
  EXPECT_EQ(error_of([&] { backward(x); }),
            "backward: y has shape [2]; only a one-element y has a gradient of its own. Reduce it, or pass a "
            "cotangent dy");
  const Variable y = sum(exp(x));
  backward(y, {.retain_graph = true});
  backward(y);
  EXPECT_EQ(error_of([&] { backward(y); }),
            "grad: 'sum' was already differentiated and freed; pass .retain_graph = true to the first call");
}

}  // namespace
}  // namespace gibbs::testing
