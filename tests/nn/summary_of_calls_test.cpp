// The summary of modules of any arity, and of models that repeat themselves: exact texts.
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/nn/nn.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;
using ::testing::HasSubstr;

/// h' = tanh(w x + u h), y = h'.
class SmallCell : public Module {
 public:
  struct Output {
    Variable y, state;
    template <class F>
    void each(F f) {
      f(y);
      f(state);
    }
  };

  Output operator()(const Variable& x, const Variable& state) {
    const auto step = [&] {
      const Variable from_x = in_(x);  // in this order
      const Variable next = tanh(from_x + out_(state));
      return Output{next, next};
    };
    return run(step, x, state);
  }
  void visit(ModuleVisitor& visitor) override {
    visitor.child("in", in_);
    visitor.child("out", out_);
    visitor.parameter("scale", scale_);
  }
  std::string describe() const override { return "Cell"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<SmallCell>(*this); }

 private:
  Dense in_ = Dense({.in = 3, .out = 2}), out_ = Dense({.in = 2, .out = 2});
  Parameter scale_ = Parameter(Tensor::ones({}));
};

/// A table of words, and the cell once for each of them; it can also be asked for the table's rows alone.
class Reader : public Module {
 public:
  Variables operator()(const Variable& words) {
    return run([&] { return read(words); }, words);
  }
  Variable look_up(const Variable& words) { return take_rows(table_.variable(), words.value()); }
  Variable first_state(const Variable& words) { return cell_(look_up(words), Tensor::zeros({words.size(0), 2})).state; }
  void visit(ModuleVisitor& visitor) override {
    visitor.parameter("table", table_);
    visitor.child("cell", cell_);
  }
  std::string describe() const override { return "Reader"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Reader>(*this); }

 private:
  Variables read(const Variable& words) {
    Variables states{Tensor::zeros({1, 2})};
    for (std::int64_t i = 0; i < words.size(0); ++i) {
      states.push_back(cell_(look_up(words.value().rows(i, i + 1)), states.back()).state);
    }
    return states;
  }

  Parameter table_ = Parameter(Tensor::ones({10, 3}));
  SmallCell cell_;
};

TEST(SummaryOfCalls, ShowsTheArgumentsAndOutputsThereAre) {
  SmallCell cell;
  EXPECT_EQ(summary(cell, Tensor::ones({4, 3}), Tensor::ones({4, 2})),
            "Layer               Output shape    Params  MFLOP\n"
            "=================================================\n"
            "in: Dense(3 -> 2)   (4, 2)               8  0.000\n"
            "out: Dense(2 -> 2)  (4, 2)               6  0.000\n"
            "Cell                (4, 2), (4, 2)       1  0.000\n"
            "=================================================\n"
            "Total params: 15\n"
            "Trainable params: 15\n"
            "Non-trainable params: 0\n"
            "MFLOP of this call: 0.000\n");
  EXPECT_TRUE(has_pending(cell)) << "a clone was run";
}

TEST(SummaryOfCalls, CountsTheFlopsOfAllSamples) {
  Dense layer({.in = 100, .out = 500});
  EXPECT_THAT(summary(layer, Tensor::ones({10, 100})), HasSubstr("(10, 500)"));
  EXPECT_THAT(summary(layer, Tensor::ones({10, 100})), HasSubstr("MFLOP of this call: 1.000\n"))
      << "10 samples, 100 * 500 products and sums each";
}

TEST(SummaryOfCalls, OfIntegersAndOfAModuleThatIsCalledAgainAndAgain) {
  Reader reader;
  EXPECT_EQ(summary(reader, Tensor::of({1, 0, 7, 2}, DType::int64)),
            "Layer                       Output shape       Params  MFLOP\n"
            "============================================================\n"
            "cell: Cell, called 4 times  (1, 2), (1, 2)         15  0.000\n"
            "  in: Dense(3 -> 2)         (1, 2)                  8  0.000\n"
            "  out: Dense(2 -> 2)        (1, 2)                  6  0.000\n"
            "  Cell                      (1, 2), (1, 2)          1  0.000\n"
            "Reader                      (1, 2) and 4 more      30  0.000\n"
            "============================================================\n"
            "Total params: 45\n"
            "Trainable params: 45\n"
            "Non-trainable params: 0\n"
            "MFLOP of this call: 0.000\n");
}

TEST(SummaryOfCalls, OfAnotherFunctionOfTheModule) {
  Reader reader;
  const Tensor words = Tensor::of({1, 0}, DType::int64);
  const std::string text = summary(reader, [&](Reader& own) { return own.first_state(words); });
  EXPECT_THAT(text, HasSubstr("\ncell.in: Dense(3 -> 2)   (2, 2)               8  0.000\n"
                              "cell.out: Dense(2 -> 2)  (2, 2)               6  0.000\n"
                              "cell: Cell               (2, 2), (2, 2)       1  0.000\n"))
      << "paths are those in the model, though the model itself was not called";
  EXPECT_EQ(
      error_of([&] { summary(reader, [&](Reader& own) { own.look_up(words); }); }),
      "summary: the function ran no module that could be seen; let it call the one it is given, [&](Model& model) "
      "{ model(x); }, without a ForwardScope of its own");
}

/// x + inner(x) twice, with a number of its own.
class Block : public Layer {
 public:
  void visit(ModuleVisitor& visitor) override {
    visitor.parameter("strength", strength_);
    visitor.child("inner", inner_);
  }
  std::string describe() const override { return "Block"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Block>(*this); }

 protected:
  Variable forward(const Variable& x) override { return x + strength_ * inner_(x); }

 private:
  Parameter strength_ = Parameter(Tensor::ones({}));
  Sequential inner_{Dense({.in = 8, .out = 8}), Tanh(), Dense({.in = 8, .out = 8})};
};

TEST(FoldedSummary, ThreeOrMoreEqualNeighboursAreOneLine) {
  Sequential model{Dense({.in = 4, .out = 8}), Dense({.in = 8, .out = 8}),
                   Dense({.in = 8, .out = 8}), Dense({.in = 8, .out = 8}),
                   Dense({.in = 8, .out = 2}), Dense({.in = 2, .out = 2}),
                   Dense({.in = 2, .out = 2}), Dense({.in = 2, .out = 2, .bias = false})};
  EXPECT_EQ(summary(model, {4}),
            "Layer                        Output shape  Params  MFLOP\n"
            "========================================================\n"
            "0: Dense(4 -> 8)             (None, 8)         40  0.000\n"
            "1-3: Dense(8 -> 8), 3 times  (None, 8)        216  0.000\n"
            "4: Dense(8 -> 2)             (None, 2)         18  0.000\n"
            "5: Dense(2 -> 2)             (None, 2)          6  0.000\n"
            "6: Dense(2 -> 2)             (None, 2)          6  0.000\n"
            "7: Dense(2 -> 2, no bias)    (None, 2)          4  0.000\n"
            "========================================================\n"
            "Total params: 290\n"
            "Trainable params: 290\n"
            "Non-trainable params: 0\n"
            "MFLOP per sample: 0.001\n");
}

TEST(FoldedSummary, BlocksShowTheirInsideOnce) {
  Sequential model{Sequential(Dense({.in = 4, .out = 8})), Block(), Block(), Block(), Block()};
  EXPECT_EQ(summary(model, {4}),
            "Layer                     Output shape  Params  MFLOP\n"
            "=====================================================\n"
            "0.0: Dense(4 -> 8)        (None, 8)         40  0.000\n"
            "1-4: Block, 4 times       (None, 8)        580  0.001\n"
            "  inner.0: Dense(8 -> 8)  (None, 8)         72  0.000\n"
            "  inner.1: Tanh           (None, 8)          0  0.000\n"
            "  inner.2: Dense(8 -> 8)  (None, 8)         72  0.000\n"
            "  Block                   (None, 8)          1  0.000\n"
            "=====================================================\n"
            "Total params: 620\n"
            "Trainable params: 620\n"
            "Non-trainable params: 0\n"
            "MFLOP per sample: 0.001\n");
}

TEST(FoldedSummary, FoldsStandInsideOfFolds) {
  const auto stack = [] { return Sequential(ReLU(), ReLU(), ReLU(), Tanh()); };
  Sequential model{stack(), stack(), stack()};
  EXPECT_THAT(summary(model, {4}), HasSubstr("0-2: Sequential(4 layers), 3 times  (None, 4)          0  0.000\n"
                                             "  0-2: ReLU, 3 times                (None, 4)          0  0.000\n"
                                             "  3: Tanh                           (None, 4)          0  0.000\n"
                                             "==="));
}

TEST(FoldedSummary, WhatDiffersInsideIsNotFolded) {
  Sequential model{Sequential(Tanh()), Sequential(Tanh()), Sequential(ReLU())};
  EXPECT_THAT(summary(model, {4}), HasSubstr("0.0: Tanh  (None, 4)          0  0.000\n"
                                             "1.0: Tanh  (None, 4)          0  0.000\n"
                                             "2.0: ReLU  (None, 4)          0  0.000\n"));
}

TEST(FoldedSummary, TiedParametersCountOnce) {
  const Dense shared({.in = 4, .out = 4});
  Sequential model{shared, shared, shared};
  EXPECT_THAT(summary(model, {4}), HasSubstr("0-2: Dense(4 -> 4), 3 times  (None, 4)         20  0.000\n"));
}

/// Children whose names are no numbers.
class Named3 : public Layer {
 public:
  void visit(ModuleVisitor& visitor) override {
    visitor.child("encoder", a_);
    visitor.child("middle", b_);
    visitor.child("decoder", c_);
  }
  std::string describe() const override { return "Named3"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Named3>(*this); }

 protected:
  Variable forward(const Variable& x) override { return c_(b_(a_(x))); }

 private:
  ReLU a_, b_, c_;
};

TEST(FoldedSummary, NamesThatAreNoNumbers) {
  Sequential model{Named3(), Tanh()};
  EXPECT_THAT(summary(model, {4}), HasSubstr("\n0.encoder ... 0.decoder: ReLU, 3 times  (None, 4)"));
}

}  // namespace
}  // namespace gibbs::nn
