// Forward hooks: they see and may replace what a module gives, layer by layer even where layers would be fused.
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::f64;
using gibbs::testing::near;
using gibbs::testing::random;

TEST(ForwardHooks, SeeInputAndOutputAndMayReplaceTheOutput) {
  Sequential model{ReLU(), ReLU()};
  std::vector<double> seen;
  model[0].on_forward([&](const Variable& x, const Variable& y) {
    seen = {x.value().item(), y.value().item()};
    return y + 10.0;
  });
  HookHandle last = model[0].on_forward([](const Variable&, const Variable& y) { return y * 2.0; });
  const HookHandle looks = model.on_forward([](const Variable&, const Variable&) { return Variable(); });
  EXPECT_EQ(model(f64({-3})).value().item(), 20);
  EXPECT_EQ(seen, (std::vector<double>{-3, 0}));
  last.remove();
  EXPECT_EQ(model(f64({-3})).value().item(), 10);
}

TEST(ForwardHooks, AreDifferentiated) {
  Sequential model{ReLU()};
  model[0].on_forward([](const Variable&, const Variable& y) { return y * y; });
  const Variable x = Variable::leaf(f64({3}));
  EXPECT_EQ(grad(model(x), {x})[0].value().item(), 6);
}

TEST(ForwardHooks, ObserversSeeWhatHooksLeft) {
  Sequential model{ReLU()};
  model[0].on_forward([](const Variable&, const Variable& y) { return y * 5.0; });
  double seen = 0;
  const ForwardScope scope({.observer = [&](const std::string& path, Module&, const Variables&, const Variables& y) {
    seen += path == "0" ? y.at(0).value().item() : 0;
  }});
  model(f64({3}));
  EXPECT_EQ(seen, 15);
}

TEST(ForwardHooks, StayWithTheModuleNotWithItsCopies) {
  Sequential model{ReLU()};
  model.on_forward([](const Variable&, const Variable& y) { return y * 2.0; });
  model[0].on_forward([](const Variable&, const Variable& y) { return y * 3.0; });
  Sequential copy = model;
  EXPECT_EQ(copy(f64({1})).value().item(), 1);
  EXPECT_EQ((*clone(model))(f64({1})).value().item(), 1);
  Sequential moved = std::move(model);
  EXPECT_EQ(moved(f64({1})).value().item(), 6);
}

TEST(ForwardHooks, OnALayerInsideKeepItFromBeingFused) {
  ASSERT_TRUE(fusion_enabled());
  for (std::size_t hooked = 0; hooked < 3; ++hooked) {
    Sequential model(Conv2d({.in = 1, .out = 16, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}));
    initialize(model, 1);
    const Tensor x = Tensor::ones({1, 10, 10, 1});
    EXPECT_STREQ(model(x).edge().node->op, "conv_block");
    int calls = 0;
    HookHandle handle = model[hooked].on_forward([&](const Variable&, const Variable& y) { return ++calls, y; });
    EXPECT_STREQ(model(x).edge().node->op, "max_pool2d");
    EXPECT_EQ(calls, 1);
    handle.remove();
    EXPECT_STREQ(model(x).edge().node->op, "conv_block");
  }
}

}  // namespace
}  // namespace gibbs::nn
