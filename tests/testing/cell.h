// A cell with state: the smallest module of two inputs and two outputs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/nn/module.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {

/// h' = tanh(x + w h), y = 2 h'; what is wrong with it, if anything, is in `step`.
class Cell : public nn::Module {
 public:
  struct Output {
    Variable y, state;
    template <class F>
    void each(F f) {
      f(y);
      f(state);
    }
  };
  using Step = std::function<Output(const Variable& x, const Variable& h, const Variable& w)>;
  static Output right(const Variable& x, const Variable& h, const Variable& w) {
    const Variable next = tanh(x + h * w);
    return {next * 2.0, next};
  }
  explicit Cell(Step step = right) : step_(std::move(step)) {}

  Output operator()(const Variable& x, const Variable& h) {
    return run([&] { return step_(x, h, w_); }, x, h);
  }
  void visit(nn::ModuleVisitor& visitor) override { visitor.parameter("w", w_); }
  std::string describe() const override { return "Cell"; }
  std::unique_ptr<nn::Module> share() const override { return std::make_unique<Cell>(*this); }

 private:
  Step step_;
  Parameter w_ = Parameter(f64(.5));
};

}  // namespace gibbs::testing
