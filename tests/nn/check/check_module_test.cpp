// check_module says of modules of any arity what check_layer says of layers, and finds what is planted.
#include "gibbs/nn/check/check_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/cell.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using testing::Cell;
using testing::error_of;
using testing::f64;
using ::testing::HasSubstr;
using testing::random;

CheckReport report_of(const Cell& cell) {
  return check_module(cell, {random({3, 2}), random({3, 2}, 5)},
                      [](Cell& own, const Variables& in) { return own(in[0], in[1]); });
}

TEST(CheckModule, ACellWithState) {
  const CheckReport report = report_of(Cell());
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(report["call"].detail, "gives [3, 2], [3, 2]");
  EXPECT_EQ(report["visit"].detail, "w, input 1");
  EXPECT_EQ(report.subject, "Cell on [3, 2], [3, 2]");
}

/// Attention with a mask: softmax(q k^T + mask) v, and the table that k and v come from.
class Attention : public Module {
 public:
  Variables operator()(const Variable& rows, const Variable& q, const Variable& mask) {
    const auto attend = [&]() -> Variables {
      const Variable k = take_rows(table_, rows.value());
      const Variable weights = softmax(matmul(q, transpose(k)) + mask);
      return {matmul(weights, k), weights};
    };
    return run(attend, rows, q, mask);
  }
  void visit(ModuleVisitor& visitor) override { visitor.parameter("table", table_); }
  std::string describe() const override { return "Attention"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Attention>(*this); }

 private:
  Parameter table_ = Parameter(Tensor::of({{.1, .5}, {-.3, .2}, {.7, -.4}}));
};

TEST(CheckModule, IntegersFirstAndAMask) {
  const CheckReport report =
      check_module(Attention(), {Tensor::of({0, 2, 1}, DType::int64), random({2, 2}), random({2, 3}, 3)},
                   [](Attention& own, const Variables& in) { return own(in[0], in[1], in[2]); });
  EXPECT_TRUE(report) << report;
}

/// x times rows of a table that are chosen by integers, its second input, unless it is deaf to them.
class Scaled : public Module {
 public:
  explicit Scaled(bool deaf = false) : deaf_(deaf) {}
  Variable operator()(const Variable& x, const Variable& rows) {
    const auto scale = [&] {
      return x * take_rows(table_, deaf_ ? Tensor::zeros(rows.shape(), DType::int64) : rows.value());
    };
    return run(scale, x, rows);
  }
  void visit(ModuleVisitor& visitor) override { visitor.parameter("table", table_); }
  std::string describe() const override { return "Scaled"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Scaled>(*this); }

 private:
  bool deaf_;
  Parameter table_ = Parameter(Tensor::of({{.1, .5}, {-.3, .2}, {.7, -.4}}));
};

TEST(CheckModule, IntegersThatAreNotFirstMustMatter) {
  const auto checked = [](const Scaled& module, const Tensor& rows) {
    return check_module(module, {random({3, 2}), rows},
                        [](Scaled& own, const Variables& in) { return own(in[0], in[1]); });
  };
  const CheckReport report = checked(Scaled(), Tensor::of({0, 2, 1}, DType::int64));
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(report.subject, "Scaled on [3, 2], [3] int64");
  EXPECT_EQ(report["input 1"].detail, "other integers give another output");
  EXPECT_EQ(checked(Scaled(), Tensor::of({1, 1, 1}, DType::int64))["input 1"].result, CheckLine::Result::skipped);
  const CheckReport deaf = checked(Scaled(true), Tensor::of({0, 2, 1}, DType::int64));
  EXPECT_FALSE(deaf);
  EXPECT_EQ(deaf["input 1"].detail,
            "the output is the same when every sample is the first; does it depend on the input?");
}

TEST(CheckModule, FindsWhatIsPlanted) {
  const auto line = [](Cell::Step step, const std::string& name) { return report_of(Cell(std::move(step)))[name]; };
  const CheckLine blind = line(
      [](auto& x, auto& h, auto& w) {
        return Cell::Output{x * w, (x + w) * 2.0 + h.detach()};
      },
      "parameters");
  EXPECT_THAT(blind.detail, HasSubstr("parameter 'input 1' is visited, but the output does not depend on it"));
  const CheckLine wrong = line(
      [](auto& x, auto& h, auto& w) {
        Cell::Output out = Cell::right(x, h, w);
        out.state = record("off", out.state.value(), wrt(out.state, [](const Variable& dy) { return dy * 1.01; }));
        return out;
      },
      "gradients");
  EXPECT_EQ(wrong.result, CheckLine::Result::failed) << "an error in the second output alone";
}

TEST(CheckModule, CallsGoThroughRun) {
  struct Silent : Cell {
    Output operator()(const Variable& x, const Variable& h) { return right(x, h, own); }
    void visit(ModuleVisitor& visitor) override { visitor.parameter("w", own); }
    std::unique_ptr<Module> share() const override { return std::make_unique<Silent>(*this); }
    Parameter own = Parameter(Tensor::of({.5, -.25}));
  };
  const CheckReport report = check_module(Silent(), {random({3, 2}), random({3, 2}, 5)},
                                          [](Silent& own, const Variables& in) { return own(in[0], in[1]); });
  EXPECT_FALSE(report);
  EXPECT_EQ(report["call"].detail,
            "the call does not go through run(), so that hooks, summaries and drawings do not see it; write return "
            "run([&] { ... }, inputs...) in operator()");
}

TEST(CheckModule, InputsThatAreNotThere) {
  const CheckReport report =
      check_module(Cell(), {random({3, 2})}, [](Cell& own, const Variables& in) { return own(in.at(0), in.at(1)); });
  EXPECT_FALSE(report);
  EXPECT_THAT(report["forward"].detail, HasSubstr("the call asks for what is not there, and has 1 inputs: "));
}

TEST(CheckModule, Errors) {
  EXPECT_EQ(error_of([] {
              check_module(Cell(), {}, [](Cell& c, const Variables&) { return c(f64({1, 2}), f64({1, 2})); });
            }),
            "check_module: Cell is given no input; a module without any cannot be checked");
}

}  // namespace
}  // namespace gibbs::nn
