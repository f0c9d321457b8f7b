// checkpoint: the same numbers with less memory, for whatever f reads and writes; and what it refuses.
#include "gibbs/autograd/checkpoint.h"

#include "gibbs/autograd/derivatives.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/parameter.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

constexpr const char* kDiffers =
    "checkpoint: f did not do the second time what it did the first. It must depend on nothing but its inputs, "
    "parameters and buffers, and none of them may be written, replaced or frozen before the gradient is taken";

struct Checkpoint : ::testing::Test {
  Parameter w{random({4, 4})}, b{random({4}, 2)};
  const Tensor x = random({3, 4}, 3);
  int runs = 0;
  const UnaryFunction layer = [this](const Variable& u) {
    ++runs;
    return tanh(matmul(u, w) + b);
  };
};

TEST_F(Checkpoint, HasTheBitsOfThePlainComputationWithCapturedParametersAndVariables) {
  const Variable u = Variable::leaf(x), z = Variable::leaf(random({3, 4}, 4));
  const auto results = [&](bool checkpointed) {
    const Variable h = exp(z);  // computed outside, used inside
    const UnaryFunction f = [&](const Variable& v) { return layer(layer(v) * h); };
    const Variable inner = square(u), y = checkpointed ? checkpoint(f, inner) : f(inner);
    const Variable loss = sum(sin(y));
    Variables all = grad(loss, {u, w, b, z});
    all.push_back(y);
    return all;
  };
  const Variables plain = results(false);
  runs = 0;
  const Variables twice = results(true);
  EXPECT_EQ(runs, 4) << "two layers, two runs";
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_TRUE(near(twice[i].value(), plain[i].value(), 0)) << i;
  }
}

TEST_F(Checkpoint, HoldsInputAndOutputOnly) {
  const Variable u = Variable::leaf(random({128, 4}));
  const std::int64_t nodes = Node::alive();
  const std::size_t bytes = memory::held_bytes();
  const Variable y = checkpoint([&](const Variable& v) { return layer(layer(layer(v))); }, u);
  EXPECT_EQ(Node::alive(), nodes + 1);
  EXPECT_EQ(memory::held_bytes(), bytes + 128 * 4 * sizeof(double)) << "y; the input is u";
  EXPECT_STREQ(y.edge().node->op, "checkpoint");
  EXPECT_EQ(y.edge().node->inputs.size(), 3) << "u, w, b";
}

TEST_F(Checkpoint, StandsInsideCheckpoints) {
  const UnaryFunction inner = [&](const Variable& v) { return checkpoint(layer, v); };
  const UnaryFunction outer = [&](const Variable& v) { return layer(inner(inner(v))); };
  const Variable u = Variable::leaf(x);
  const Variables nested = grad(sum(checkpoint(outer, u)), {u, w}), plain = grad(sum(layer(layer(layer(u)))), {u, w});
  EXPECT_TRUE(near(nested[0].value(), plain[0].value(), 0));
  EXPECT_TRUE(near(nested[1].value(), plain[1].value(), 1e-14)) << "w is used three times, summed in another order";
}

TEST_F(Checkpoint, HasDerivativesOfEveryOrder) {
  const auto f = [](const Variables& in) {
    return checkpoint([weight = in[1]](const Variable& v) { return tanh(matmul(exp(v), weight)); }, in[0]) * in[0];
  };
  const std::vector<Tensor> at = {random({2, 2}), random({2, 2}, 2)};
  EXPECT_EQ(gradcheck(f, at).message, "");
  EXPECT_EQ(gradgradcheck(f, at).message, "");
  const auto cubed = [](const Variable& v) { return sum(checkpoint([](const Variable& u) { return pow(u, 3); }, v)); };
  const Variable third = jacobian([&](const Variable& v) { return hessian(cubed, v); }, f64({2}));
  EXPECT_EQ(third.value().item(), 6);
}

TEST_F(Checkpoint, TakesSeveralInputsConstantsAndOneInputTwice) {
  const Variable u = Variable::leaf(f64({3}));
  const auto f = [](const Variables& in) { return square(in[0]) * in[1] + in[2]; };
  const Variable y = checkpoint(f, {u, u, f64({5})});
  EXPECT_EQ(y.value().item(), 32);
  EXPECT_EQ(y.edge().node->inputs.size(), 2);
  EXPECT_EQ(grad(y, {u})[0].value().item(), 27);
}

TEST_F(Checkpoint, OfATrivialFunction) {
  const Variable u = Variable::leaf(f64({3})), outside = exp(u);
  EXPECT_EQ(grad(checkpoint([](const Variable& v) { return v; }, u), {u})[0].value().item(), 1);
  EXPECT_EQ(grad(checkpoint([&](const Variable&) { return outside; }, u), {u})[0].value().item(), std::exp(3));
  EXPECT_FALSE(checkpoint([](const Variable& v) { return v.detach(); }, u).traced());
  EXPECT_FALSE(checkpoint([](const Variable& v) { return v * v; }, f64({3})).traced());
}

TEST_F(Checkpoint, CapturedInsteadOfTakenGivesTheSameGradient) {
  const Variable u = Variable::leaf(f64({3}));
  const Variable y = checkpoint([&](const Variable& v) { return v * u; }, u);
  EXPECT_EQ(grad(y, {u})[0].value().item(), 6);
}

TEST_F(Checkpoint, RunsOnceWithoutATapeAndForEveryGradientAgain) {
  {
    const NoTape no_tape;
    checkpoint(layer, Variable::leaf(x));
    EXPECT_EQ(runs, 1);
  }
  const Variable u = Variable::leaf(x), y = sum(checkpoint(layer, u));
  EXPECT_EQ(runs, 2);
  const Tensor first = grad(y, {u}, {.retain_graph = true})[0].value();
  EXPECT_TRUE(near(grad(y, {u})[0].value(), first, 0));
  EXPECT_EQ(runs, 4);
}

TEST_F(Checkpoint, ComputesOnlyWantedGradients) {
  bool asked = false;
  const auto watched = [&](const Variable& v) {
    return record("watched", v.value(), wrt(v, [&](const Variable& dy) { return asked = true, dy; }));
  };
  const Variable u = Variable::leaf(x), y = checkpoint([&](const Variable&v) { return matmul(watched(v), w); }, u);
  grad(sum(y), {w});
  EXPECT_FALSE(asked);
}

TEST_F(Checkpoint, CallsHooksOnceOnTheCompleteGradient) {
  std::vector<double> seen;
  Parameter scale(f64({2}));
  scale.on_gradient([&](const Variable& dw) { return seen.push_back(dw.value().item()), dw * 10.0; });
  const Variable u = Variable::leaf(f64({3}));
  backward(checkpoint([&](const Variable& v) { return v * scale; }, u) + scale);
  EXPECT_EQ(seen, std::vector<double>{4});
  EXPECT_EQ(scale.gradient().item(), 40);
}

/// Reads its running sum, then adds to it: what it gives depends on what it wrote before.
Variable with_running_sum(Buffer& total, const Variable& v) {
  const double before = total.value().item();
  total.mutable_value().fill(before + v.value().at({0}));
  return v * v * (before + total.value().item());
}

TEST_F(Checkpoint, WritesBuffersOnceAndReadsWhatItReadTheFirstTime) {
  const Variable u = Variable::leaf(f64({3}));
  struct Totals {
    Buffer outer{f64({1})}, inner{f64({1})}, replaced{f64({7})};
  } plain, twice;
  const auto f = [](Totals& totals, const Variable& v, bool checkpointed) {
    const UnaryFunction inner = [&totals](const Variable& t) { return with_running_sum(totals.inner, t); };
    const Variable y = with_running_sum(totals.outer, v);
    totals.replaced.replace(f64({1, 2}));
    return checkpointed ? checkpoint(inner, y) : inner(y);
  };
  const Variable expected = f(plain, u, false);
  const Variable y = checkpoint([&](const Variable& v) { return f(twice, v, true); }, u);
  EXPECT_EQ(y.value().item(), expected.value().item());
  const double outer = twice.outer.value().item();
  EXPECT_EQ(outer, 4);
  twice.inner.mutable_value().fill(1000);  // the next step goes on
  EXPECT_EQ(grad(y, {u})[0].value().item(), grad(expected, {u})[0].value().item());
  EXPECT_EQ(twice.outer.value().item(), outer);
  EXPECT_EQ(twice.inner.value().item(), 1000);
  EXPECT_EQ(twice.replaced.value().numel(), 2);
}

TEST_F(Checkpoint, RefusesFunctionsThatAreNotFunctions) {
  const Variable u = Variable::leaf(x);
  double number = 1;
  const Variable counts = sum(checkpoint([&](const Variable& v) { return v * (number += 1); }, u));
  EXPECT_EQ(error_of([&] { grad(counts, {u}); }), kDiffers);
  const auto after = [&](const std::function<void()>& meddle) {
    const Variable y = sum(checkpoint(layer, u));
    meddle();
    return error_of([&] { grad(y, {u}); });
  };
  EXPECT_EQ(after([] {}), "");
  EXPECT_EQ(after([&] { w.mutable_value().fill(0); }), kDiffers);
  EXPECT_EQ(after([&] { b.set_frozen(true); }), kDiffers) << "its gradient would be missing";
  b.set_frozen(false);
  EXPECT_EQ(after([&] { b.replace(b.value().clone()); }), kDiffers) << "it would go to another parameter";
  EXPECT_TRUE(tape_is_on());
}

TEST_F(Checkpoint, LeaksNothing) {
  const std::int64_t before = Node::alive();
  {
    const Variable u = Variable::leaf(x), y = sum(checkpoint(layer, u));
    grad(y, {u, w}, {.create_graph = true});
  }
  EXPECT_EQ(Node::alive(), before);
}

}  // namespace
}  // namespace gibbs::testing
