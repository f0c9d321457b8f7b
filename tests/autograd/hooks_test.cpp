// Gradient hooks: when they run, in which order, what they may change, and how they go away.
#include "gibbs/autograd/hooks.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/parameter.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

struct GradientHooks : ::testing::Test {
  const Variable x = Variable::leaf(f64({3}));
  std::vector<double> seen;
  const GradientHook look = [this](const Variable& dy) {
    seen.push_back(dy.value().item());
    return Variable();
  };
};

TEST_F(GradientHooks, SeeTheSumOfAllContributionsOnce) {
  const Variable a = x * x;
  a.on_gradient(look);
  const Variable y = a * x + a + a;
  EXPECT_EQ(grad(y, {x})[0].value().item(), 9 + 5 * 6);
  EXPECT_EQ(seen, std::vector<double>{5});
}

TEST_F(GradientHooks, RunInTheOrderOfTheirMakingEachOnWhatTheLastReturned) {
  const Variable a = x * 1.0;
  a.on_gradient([](const Variable& dy) { return dy * 10.0; });
  a.on_gradient(look);
  a.on_gradient([](const Variable& dy) { return dy + 1.0; });
  EXPECT_EQ(grad(a * 2.0, {x})[0].value().item(), 21);
  EXPECT_EQ(seen, std::vector<double>{20});
}

TEST_F(GradientHooks, OnLeavesChangeWhatIsReturnedAndStored) {
  x.on_gradient([](const Variable& dx) { return -dx; });
  const Variable y = x * x + x;
  EXPECT_EQ(grad(y, {x}, {.retain_graph = true})[0].value().item(), -7);
  backward(y);
  EXPECT_EQ(x.gradient().item(), -7);
}

TEST_F(GradientHooks, OnRequestedValuesAndOnYItself) {
  const Variable a = x * x, y = a * x;
  a.on_gradient([](const Variable& da) { return da * 100.0; });
  y.on_gradient([](const Variable& dy) { return dy * 2.0; });
  const Variables g = grad(y, {a, x});
  EXPECT_EQ(g[0].value().item(), 600);
  EXPECT_EQ(g[1].value().item(), 600 * 6 + 2 * 9);
}

TEST_F(GradientHooks, ArePartOfTheGraphOfCreateGraph) {
  const Variable a = x * x;
  a.on_gradient([this](const Variable& da) { return da * x; });  // da/dx becomes 2 x^2
  const Variable first = grad(a, {x}, {.create_graph = true})[0];
  EXPECT_EQ(first.value().item(), 18);
  EXPECT_EQ(grad(first, {x})[0].value().item(), 12);
}

TEST_F(GradientHooks, RunOnlyOnTheWayToAWantedInput) {
  const Variable w = Variable::leaf(f64({2}));
  const Variable a = x * 2.0;
  a.on_gradient(look);
  grad(a * w, {w});
  EXPECT_TRUE(seen.empty());
}

TEST_F(GradientHooks, KnowWhichOutputTheyBelongTo) {
  const Variable both = Variable::leaf(f64({1, 2}));
  const Variables parts = unbind(both);
  parts[1].on_gradient([](const Variable& dy) { return dy * 100.0; });
  EXPECT_TRUE(near(grad(parts[0] + parts[1], {both}, {.retain_graph = true})[0].value(), f64({1, 100}), 0));
  EXPECT_TRUE(near(grad(parts[0], {both})[0].value(), f64({1, 0}), 0)) << "no gradient, nothing to hook";
}

TEST_F(GradientHooks, AreRemovedByTheirHandle) {
  HookHandle handle = x.on_gradient(look);
  grad(x * x, {x});
  handle.remove();
  handle.remove();
  grad(x * x, {x});
  EXPECT_EQ(seen.size(), 1);
  {
    const Variable gone = x * x;
    handle = gone.on_gradient(look);
  }
  handle.remove();
  HookHandle().remove();
}

TEST_F(GradientHooks, MayRemoveThemselves) {
  HookHandle handle;
  handle = x.on_gradient([&](const Variable& dx) {
    handle.remove();
    return look(dx);
  });
  grad(x * x, {x});
  grad(x * x, {x});
  EXPECT_EQ(seen.size(), 1);
}

TEST_F(GradientHooks, StayWithAParameterWhenItsValueIsReplaced) {
  Parameter w(f64({3}));
  HookHandle handle = w.on_gradient([](const Variable& dw) { return dw * 10.0; });
  backward(w * w);
  EXPECT_EQ(w.gradient().item(), 60);
  w.replace(Tensor::of({5}));
  backward(w * w);
  EXPECT_EQ(w.gradient().item(), 100);
  handle.remove();
  backward(w * w);
  EXPECT_EQ(w.gradient().item(), 110);
}

TEST_F(GradientHooks, Refusals) {
  EXPECT_EQ(error_of([&] { Variable(f64({1})).on_gradient(look); }),
            "on_gradient: a constant has no gradient; make it with Variable::leaf before computing with it");
  const Variable y = exp(x);
  y.on_gradient([](const Variable&) { return Variable(Tensor::of({{1, 2}})); });
  EXPECT_EQ(
      error_of([&] { grad(y, {x}); }),
      "grad: a hook on 'exp' was given a gradient of [1] float64 and returned [1, 2] float32; they must be equal");
}

TEST_F(GradientHooks, LeakNothing) {
  const std::int64_t before = Node::alive();
  {
    const Variable a = exp(Variable::leaf(f64({1})));
    a.on_gradient(look);
    grad(a * a, {a});
  }
  EXPECT_EQ(Node::alive(), before);
}

}  // namespace
}  // namespace gibbs::testing
