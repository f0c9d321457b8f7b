// Modules of any arity: several inputs, int64 inputs, outputs as a struct or as Variables; and what watches them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/anomaly.h"
#include "gibbs/autograd/draw_graph.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/cell.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using testing::Cell;
using testing::error_of;
using testing::f64;

/// Rows of a table, and those rows once more: int64 in, Variables out.
class Lookup : public Module {
 public:
  Variables operator()(const Variable& rows) {
    return run([&] { return Variables{take_rows(w_.variable(), rows.value()), w_.variable()}; }, rows);
  }
  void visit(ModuleVisitor& visitor) override { visitor.parameter("table", w_); }
  std::string describe() const override { return "Lookup"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Lookup>(*this); }

 private:
  Parameter w_ = Parameter(f64({{1, 2}, {3, 4}}));
};

/// Two cells and an activation, to have paths.
class Two : public Module {
 public:
  Variable operator()(const Variable& x) {
    const auto both = [&] {
      const Cell::Output first = first_(x, f64(0));
      return act_(second_(first.y, first.state).y);
    };
    return run(both, x);
  }
  void visit(ModuleVisitor& visitor) override {
    visitor.child("first", first_);
    visitor.child("second", second_);
    visitor.child("act", act_);
  }
  std::string describe() const override { return "Two"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Two>(*this); }

 private:
  Cell first_, second_;
  ReLU act_;
};

TEST(Arity, SeveralInputsAndOutputsAreDifferentiated) {
  Cell cell;
  const Variable x = Variable::leaf(f64(.3)), h = Variable::leaf(f64(-.2));
  const Cell::Output out = cell(x, h);
  EXPECT_NEAR(out.y.value().item(), 2 * std::tanh(.2), 1e-15);
  const double slope = 1 - std::tanh(.2) * std::tanh(.2);
  EXPECT_NEAR(grad(out.y, {h}, {.retain_graph = true})[0].value().item(), 2 * slope * .5, 1e-15);
  EXPECT_NEAR(grad(out.state, {parameters(cell)[0].item.variable()})[0].value().item(), slope * -.2, 1e-15);
}

TEST(Arity, ObserversSeeAllInputsAndOutputsUnderTheirPaths) {
  Two model;
  std::vector<std::string> seen;
  const ForwardScope scope({.observer = [&](const std::string& path, Module&, const Variables& x, const Variables& y) {
    seen.push_back(path + " " + std::to_string(x.size()) + " to " + std::to_string(y.size()));
  }});
  model(f64(1));
  EXPECT_THAT(seen, ::testing::ElementsAre("first 2 to 2", "second 2 to 2", "act 1 to 1", " 1 to 1"));
}

TEST(Arity, HooksMayReplaceAnyOutput) {
  Cell cell;
  const HookHandle handle = cell.on_forward([](const Variables& x, Variables& y) { y[1] = x[0] + x[1]; });
  const Cell::Output out = cell(f64(3), f64(4));
  EXPECT_EQ(out.state.value().item(), 7);
  EXPECT_NEAR(out.y.value().item(), 2 * std::tanh(5), 1e-15);
}

TEST(Arity, OutputsMayBeVariablesAndInputsIntegers) {
  Lookup lookup;
  DType seen = DType::float32;
  const HookHandle handle = lookup.on_forward([&](const Variables& x, Variables& y) {
    seen = x.at(0).dtype();
    y[0] = y[0] * 10.0;
  });
  const Variables found = lookup(Tensor::of({1, 1}, DType::int64));
  EXPECT_THAT(found.at(0).value().to_vector(), ::testing::ElementsAre(30, 40, 30, 40));
  EXPECT_EQ(found.at(1).shape(), (Shape{2, 2}));
  EXPECT_EQ(seen, DType::int64);
}

TEST(Arity, WhatIsNotFiniteIsFoundInEveryOutput) {
  Cell cell;
  const ForwardScope scope({.check_finite = true});
  EXPECT_EQ(error_of([&] { cell(f64(1), f64(std::nan(""))); }), "the model itself (Cell) gave NaN or infinity");
  Lookup lookup;  // of finite rows, from a table that is not finite elsewhere
  nn::parameters(lookup)[0].item.mutable_value().set({1, 1}, std::nan(""));
  EXPECT_EQ(error_of([&] { lookup(Tensor::of({0}, DType::int64)); }), "the model itself (Lookup) gave NaN or infinity");
}

TEST(Arity, Errors) {
  Cell cell;
  HookHandle handle = cell.on_forward([](const Variable&, const Variable& y) { return y; });
  EXPECT_EQ(error_of([&] { cell(f64(1), f64(1)); }),
            "on_forward: a hook (x, y) is for one input and one output, not 2 and 2; take (const Variables& inputs, "
            "Variables& outputs)");
  handle.remove();
  handle = cell.on_forward([](const Variables&, Variables& y) { y.pop_back(); });
  EXPECT_EQ(error_of([&] { cell(f64(1), f64(1)); }),
            "the model itself (Cell): a hook left 1 outputs of 2; put others in their places");
}

/// A number that is learned, given without any input, and a layer that multiplies with it.
class Knob : public Module {
 public:
  Variable operator()() {
    return run([&] { return w_.variable(); });
  }
  void visit(ModuleVisitor& visitor) override { visitor.parameter("w", w_); }
  std::string describe() const override { return "Knob"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Knob>(*this); }

 private:
  Parameter w_ = Parameter(Tensor::of({2}));
};

class Turned : public Layer {
 public:
  void visit(ModuleVisitor& visitor) override { visitor.child("knob", knob_); }
  std::string describe() const override { return "Turned"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Turned>(*this); }

 protected:
  Variable forward(const Variable& x) override { return x * knob_(); }

 private:
  Knob knob_;
};

TEST(Arity, DrawingsFrameWhatEveryModuleRecorded) {
  Cell cell;
  const NotesScope watch;
  const Variable x = named("x", Variable::leaf(f64(1))), h = named("h", Variable::leaf(f64(2)));
  const Cell::Output out = cell(x, h);
  const std::string text = draw_graph({out.y, out.state});
  EXPECT_THAT(text, ::testing::HasSubstr("label=<Cell>]")) << "the frame of the model itself";
  for (const char* name : {"<b>x</b>", "<b>h</b>", "<b>w</b>"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(name));
  }
  Two model;
  EXPECT_THAT(draw_graph(model(x)), ::testing::HasSubstr("label=<second: Cell>]"));
}

TEST(Arity, AnomalyModeNamesTheModule) {
  Two model;
  parameters(model)[1].item.mutable_value().fill(std::numeric_limits<double>::infinity());
  const AnomalyMode anomaly;
  EXPECT_THAT(error_of([&] { model(f64(1)); }), ::testing::HasSubstr("in layer 'second' (Cell) gave infinity"));
}

TEST(Arity, SummariesShowModulesWithoutInputs) {
  Turned model;
  EXPECT_THAT(summary(model, {3}), ::testing::HasSubstr("knob: Knob  (None)"));
  Knob alone;
  EXPECT_THAT(summary(alone), ::testing::HasSubstr("\nKnob   (1)                1  0.000\n"));
}

TEST(Arity, ClonesKeepTheirType) {
  Two model;
  const std::unique_ptr<Two> copy = clone(model);
  for (auto& [path, parameter] : parameters(*copy)) {
    parameter.mutable_value().fill(0);
  }
  EXPECT_NE((*copy)(f64(1)).value().item(), model(f64(1)).value().item());
}

}  // namespace
}  // namespace gibbs::nn
