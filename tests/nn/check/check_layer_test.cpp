// check_layer, from the side of somebody whose layer is wrong: one broken layer per mistake, each named by its line.
#include "gibbs/nn/check/check_layer.h"

#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "gibbs/nn/nn.h"
#include "gibbs/tensor/parallel.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using ::testing::StartsWith;

/// y = f(x, w): a right layer, from which the wrong ones differ in one function.
class Scale : public Layer {
 public:
  using Function = std::function<Variable(const Variable& x, const Variable& w)>;
  explicit Scale(Function f = [](const Variable& x, const Variable& weight) { return x * weight; })
      : f_(std::move(f)) {}
  void visit(ModuleVisitor& visitor) override { visitor.parameter("w", w); }
  std::string describe() const override { return "Scale"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Scale>(*this); }

  Parameter w{Tensor::of({2, 3})};

 protected:
  Variable forward(const Variable& x) override { return f_(x, w); }

 private:
  Function f_;
};

/// A layer whose class is Own, derived from Scale, with a share() of its own.
template <class Own>
class Derived : public Scale {
 public:
  using Scale::Scale;
  std::unique_ptr<Module> share() const override { return std::make_unique<Own>(static_cast<const Own&>(*this)); }
};

void expect_failure(Layer& layer, const std::string& line, const std::string& text) {
  const CheckReport report = check_layer(layer, {4, 2});
  EXPECT_FALSE(report);
  EXPECT_EQ(report[line].result, CheckLine::Result::failed) << report;
  EXPECT_THAT(report[line].detail, StartsWith(text)) << report;
}

void expect_failure(Scale::Function f, const std::string& line, const std::string& text) {
  Scale layer(std::move(f));
  expect_failure(layer, line, text);
}

TEST(CheckLayer, TheReportReadsAsADiagnosis) {
  Scale layer;
  EXPECT_EQ(to_string(check_layer(layer, {4, 2})),
            "Scale on [4, 2]: every check passed\n"
            "  ok       visit            w\n"
            "  ok       forward          [4, 2] to [4, 2]\n"
            "  ok       parameters       1 read, all of them visited\n"
            "  ok       clone            the same function, with numbers of its own\n"
            "  ok       save and load    the saved numbers come back, and the output with them\n"
            "  ok       gradients        of the input and all parameters, as central differences say; second "
            "derivatives, too\n"
            "  ok       training         gradients as central differences say; the output is that of evaluation\n"
            "  ok       train and eval   neither writes anything\n"
            "  ok       float64          output and gradients agree within 2e-05\n"
            "  ok       threads          the same bits on 1, 2 and 3\n"
            "  ok       input untouched  nothing was written\n"
            "  ok       nodes freed      all of them");
  EXPECT_EQ(layer.w.value().to_vector(), (std::vector<double>{2, 3})) << "left as it was";
}

TEST(CheckLayer, WhatOthersNeedComesFirst) {
  Scale nothing([](const Variable& x, const Variable&) { return x * 2.0; });
  EXPECT_EQ(to_string(check_layer(nothing, {4, 2})),
            "Scale on [4, 2]: 1 of 12 checks failed\n"
            "  ok       visit            w\n"
            "  ok       forward          [4, 2] to [4, 2]\n"
            "  FAILED   parameters       parameter 'w' is visited, but the output does not depend on it\n"
            "  skipped  clone            mend the line above first\n"
            "  skipped  save and load    mend the line above first\n"
            "  skipped  gradients        mend the line above first\n"
            "  skipped  training         mend the line above first\n"
            "  skipped  train and eval   mend the line above first\n"
            "  skipped  float64          mend the line above first\n"
            "  skipped  threads          mend the line above first\n"
            "  ok       input untouched  nothing was written\n"
            "  ok       nodes freed      all of them");
}

TEST(CheckLayer, Visit) {
  struct Twice : Derived<Twice> {
    void visit(ModuleVisitor& visitor) override {
      visitor.parameter("w", w);
      visitor.parameter("w", w);
    }
  } twice;
  expect_failure(twice, "visit", "two tensors are named 'w'");
  struct Undefined : Derived<Undefined> {
    void visit(ModuleVisitor& visitor) override {
      visitor.parameter("w", w);
      visitor.parameter("bias", bias);
    }
    Parameter bias;
  } undefined;
  expect_failure(undefined, "visit", "parameter 'bias' is visited but undefined; visit what is there");
  struct NoBuffer : Derived<NoBuffer> {
    void visit(ModuleVisitor& visitor) override { visitor.buffer("mean", mean); }
    Buffer mean;
  } no_buffer;
  expect_failure(no_buffer, "visit", "buffer 'mean' is visited but undefined; visit what is there");
  struct Unsteady : Derived<Unsteady> {
    void visit(ModuleVisitor& visitor) override { visitor.parameter(visits++ < 3 ? "v" : "w", w); }
    int visits = 0;
  } unsteady;
  expect_failure(unsteady, "visit", "the second visit reports [w], the first [v]");
  struct Nameless : Derived<Nameless> {
    std::string describe() const override { return ""; }
  } nameless;
  expect_failure(nameless, "visit", "describe() is empty; saved models are compared by it");
}

TEST(CheckLayer, Forward) {
  expect_failure([](const Variable& x, const Variable& w) { return log(x) * w; }, "forward",
                 "the output has NaN or infinity");
  int calls = 0;
  expect_failure([&calls](const Variable& x, const Variable& w) { return x * w + ++calls; }, "forward",
                 "the second time: element 0: ");
  expect_failure([](const Variable& x, const Variable& w) { return matmul(x, w); }, "forward", "matmul: ");
}

TEST(CheckLayer, Parameters) {
  struct Forgotten : Derived<Forgotten> {
    Parameter bias{Tensor::of({1, 1})};
    Variable forward(const Variable& x) override { return x * w + bias; }
  } forgotten;
  expect_failure(forgotten, "parameters",
                 "forward reads a trainable [2] that visit does not report: it is not trained, saved or cloned");
  expect_failure([](const Variable& x, const Variable& w) { return x * w.value(); }, "parameters",
                 "parameter 'w' is visited, but the output does not depend on it");
  expect_failure([](const Variable& x, const Variable& w) { return x.value() * w; }, "parameters",
                 "the output does not depend on the input");
}

TEST(CheckLayer, Clone) {
  struct Inherits : Scale {};
  Inherits inherits;
  expect_failure(inherits, "clone", "share() makes 'Scale', not 'Scale'; does a derived class inherit it?");
  struct Deep : Derived<Deep> {
    std::unique_ptr<Module> share() const override {
      auto other = std::make_unique<Deep>();
      other->w = Parameter(w.value().clone());
      return other;
    }
  } deep;
  expect_failure(deep, "clone", "share() gives 'w' to the other layer as a copy; Parameters are handles: copy those");
  struct Partial : Derived<Partial> {
    bool whole = true;
    void visit(ModuleVisitor& visitor) override {
      if (whole) {
        Scale::visit(visitor);
      }
    }
    std::unique_ptr<Module> share() const override {
      auto other = std::make_unique<Partial>(*this);
      other->whole = false;
      return other;
    }
  } partial;
  expect_failure(partial, "clone", "share() makes a layer with 0 parameters, not 1");
  struct Sharing : Derived<Sharing> {
    std::shared_ptr<double> seen = std::make_shared<double>(0);
    Variable forward(const Variable& x) override {
      if (ForwardScope::current().training) {
        *seen += 1;
      }
      return x * w + *seen;
    }
  } sharing;
  const CheckReport report = check_layer(sharing, {4, 2});
  EXPECT_THAT(report["clone"].detail, StartsWith("the output after the clone was changed and trained: element 0: "));
}

TEST(CheckLayer, SaveAndLoad) {
  struct Keeps : Derived<Keeps> {
    Variable kept;
    Variable forward(const Variable& x) override {
      if (!kept.defined() || (tape_is_on() && !kept.traced())) {
        kept = exp(w);
      }
      return x * kept;
    }
  } keeps;
  expect_failure(keeps, "save and load",
                 "new numbers in the parameters do not change the output: is something computed from them and kept?");
}

/// x times w, with wrong gradients where `wrong`.
Variable product(const Variable& x, const Variable& w, double dx, double dw) {
  return record(broadcasting("product"), x.value() * w.value(), wrt(x, [=](const Variable& dy) { return dy * w * dx; }),
                wrt(w, [=](const Variable& dy) { return dy * x * dw; }));
}

TEST(CheckLayer, Gradients) {
  expect_failure([](const Variable& x, const Variable& w) { return product(x, w, 1.01, 1); }, "gradients",
                 "gradcheck: x of shape [4, 2], element 0: the gradient is ");
  expect_failure([](const Variable& x, const Variable& w) { return product(x, w, 1, 1.01); }, "gradients",
                 "gradcheck: w of shape [2], element 0: the gradient is ");
  expect_failure(
      [](const Variable& x, const Variable& w) {
        return record(broadcasting("product"), x.value() * w.value(),
                      wrt(x, [=](const Variable& dy) { return dy * w; }),
                      wrt(w, [=](const Variable& dy) { return dy * x.detach(); }));
      },
      "gradients", "second derivative: gradcheck: x of shape [4, 2], element 0: the gradient is ");
}

TEST(CheckLayer, Training) {
  const auto in_training = [] { return ForwardScope::current().training; };
  expect_failure([=](const Variable& x, const Variable& w) { return product(x, w, in_training() ? 1.01 : 1, 1); },
                 "training", "gradcheck: x of shape [4, 2], element 0: the gradient is ");
  int draws = 0;
  expect_failure(
      [&draws, in_training](const Variable& x, const Variable& w) { return x * w + (in_training() ? ++draws : 0); },
      "training", "the same seed and step again: element 0: ");
  Sequential model{Dropout({.rate = .5})};
  EXPECT_THAT(check_layer(model, {4, 2})["training"].detail,
              ::testing::EndsWith("the output is another than in evaluation"));
}

TEST(CheckLayer, TrainAndEval) {
  struct Hidden : Derived<Hidden> {
    double steps = 0;
    Variable forward(const Variable& x) override {
      steps += ForwardScope::current().training ? 1 : 0;
      return x * w + steps;
    }
  } hidden;
  expect_failure(hidden, "train and eval",
                 "evaluation after a training pass, with the same parameters and buffers: element 0: ");
  struct WritesParameter : Derived<WritesParameter> {
    Variable forward(const Variable& x) override {
      if (ForwardScope::current().training) {
        w.mutable_value().copy_from(kernels::mul(w.value(), 1.5));
      }
      return x * w;
    }
  } writes_parameter;
  expect_failure(writes_parameter, "train and eval", "a forward pass writes to a parameter: element 0: ");
  struct WritesBuffer : Derived<WritesBuffer> {
    explicit WritesBuffer(bool in_evaluation) : evaluation(in_evaluation) {}
    bool evaluation;
    Buffer count{Tensor::zeros({})};
    void visit(ModuleVisitor& visitor) override {
      Scale::visit(visitor);
      visitor.buffer("count", count);
    }
    Variable forward(const Variable& x) override {
      if (ForwardScope::current().training || evaluation) {
        count.mutable_value().copy_from(kernels::add(count.value(), 1.0));
      }
      return x * w;
    }
  };
  WritesBuffer in_training(false), in_evaluation(true);
  const CheckReport counted = check_layer(in_training, {4, 2});
  EXPECT_TRUE(counted) << counted;
  EXPECT_EQ(counted["train and eval"].detail, "training updates buffers, evaluation writes nothing");
  expect_failure(in_evaluation, "train and eval", "evaluation writes to parameters or buffers");
}

/// Divides by a buffer that a training pass halves first: without the buffers of the start, each pass is of another
/// function.
TEST(CheckLayer, TrainingMayReadTheBufferThatItWrites) {
  struct Halving : Derived<Halving> {
    Buffer scale{Tensor::ones({})};
    void visit(ModuleVisitor& visitor) override {
      Scale::visit(visitor);
      visitor.buffer("scale", scale);
    }
    Variable forward(const Variable& x) override {
      if (ForwardScope::current().training) {
        scale.replace(kernels::mul(scale.value(), .5));
      }
      return x * w / scale.value();
    }
  } running;
  const CheckReport report = check_layer(running, {4, 2});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(running.scale.value().item(), 1) << "no number of the layer is changed";
  EXPECT_THAT(report["train and eval"].detail, StartsWith("training updates buffers"));
}

TEST(CheckLayer, Float64AndThreads) {
  expect_failure([](const Variable& x, const Variable& w) { return x * w * (x.dtype() == DType::float32 ? 1.001 : 1); },
                 "float64", "the output: element 0: ");
  expect_failure([](const Variable& x, const Variable& w) { return x * w + static_cast<double>(num_threads() == 3); },
                 "threads", "1 of 4 results, 3 threads against 1: element 0: ");
}

TEST(CheckLayer, InputUntouchedAndNodesFreed) {
  expect_failure(
      [](const Variable& x, const Variable& w) {
        const Variable y = x.value().clone() * w;
        Tensor t = x.value();
        t.fill(1);
        return y + Variable(t) * 0.0;
      },
      "input untouched", "the input was written: element 0: 1, expected ");
  Variables kept;
  Scale keeps([&kept](const Variable& x, const Variable& w) {
    kept.push_back(x * w);
    return kept.back();
  });
  EXPECT_THAT(check_layer(keeps, {4, 2})["nodes freed"].detail,
              ::testing::EndsWith(" nodes are left; does the layer keep a Variable, or a gradient function capture the "
                                  "op's output?"));
}

TEST(CheckLayer, Input) {
  Scale layer([](const Variable& x, const Variable& w) { return log(x) * w; });
  const CheckReport report = check_layer(layer, {1, 2}, {.input = Tensor::of({{2, 3}})});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(gibbs::testing::error_of([&] {
              check_layer(layer, {1, 2}, {.input = Tensor::of({2, 3})});
            }),
            "check_layer: the input is [2], its shape was to be [1, 2]");
}

}  // namespace
}  // namespace gibbs::nn
