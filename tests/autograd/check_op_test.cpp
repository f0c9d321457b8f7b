// check_op, from the side of somebody whose op is wrong: one broken op per line of the report, each found by that line.
#include "gibbs/autograd/check_op.h"

#include <atomic>
#include <cmath>

#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/parallel.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

using ::testing::StartsWith;

const Tensor kX = f64({0.7, 1.3}), kY = f64({2, 3});

Tensor squares(const Tensors& x) {
  return build({2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); });
}

/// Line `check` of the report on f failed, with this text.
void expect_failure(const std::string& line, const std::string& text, const DifferentiableFunction& f,
                    const Tensors& inputs, const CheckOpOptions& options = {}) {
  const CheckReport report = check_op("broken", f, inputs, options);
  EXPECT_FALSE(report);
  EXPECT_EQ(report[line].result, CheckLine::Result::failed) << report;
  EXPECT_THAT(report[line].detail, StartsWith(text)) << report;
}

TEST(CheckOp, TheReportReadsAsADiagnosis) {
  const auto right = [](const Variables& x) { return square(x[0]); };
  EXPECT_EQ(to_string(check_op("square", right, {kX}, {.oracle = squares})),
            "square: every check passed\n"
            "  ok       value              the oracle's, within 1e-12\n"
            "  ok       gradient           as central differences say\n"
            "  ok       second derivative  as central differences say\n"
            "  ok       create_graph       the same gradient\n"
            "  skipped  input by input     there is one input\n"
            "  ok       computed inputs    gradients go on to what they were computed from\n"
            "  skipped  repeated input     there are no two inputs of one shape\n"
            "  ok       float32            value and gradients are float64's, within 2e-05\n"
            "  ok       threads            the same bits on 1, 2 and 3\n"
            "  ok       inputs untouched   nothing was written\n"
            "  ok       nodes freed        all of them");
}

TEST(CheckOp, OneWrongLine) {
  const auto right = [](const Variables& x) { return square(x[0]); };
  const CheckReport report = check_op("square", right, {kX}, {.oracle = [](const Tensors&) {
                                        return f64({0.49, 1.7});
                                      }});
  EXPECT_THAT(to_string(report),
              StartsWith("square: 1 of 11 checks failed\n"
                         "  FAILED   value              against the oracle: element 1: 1.6900000000000002, expected "
                         "1.7; 1 of 2 differ\n"
                         "  ok       gradient           as central differences say\n"));
  EXPECT_EQ(check_op("square", right, {kX}, {.oracle = [](const Tensors&) { return f64({0.5}); }})["value"].detail,
            "against the oracle: shape [2], expected [1]");
  EXPECT_EQ(error_of([&] { report["gradients"]; }), "square: no check is named 'gradients'");
}

TEST(CheckOp, StopsAtTheFirstFailureIfAsked) {
  const auto wrong = [](const Variables& x) { return square(x[0]); };
  const CheckReport report =
      check_op("square", wrong, {kX}, {.oracle = [](const Tensors& x) { return x[0]; }, .stop_at_failure = true});
  ASSERT_EQ(report.lines.size(), 1U);
  EXPECT_FALSE(report);
}

TEST(CheckOp, Value) {
  expect_failure("value", "with a tape: element 0: 1.4, expected 0.7; 2 of 2 differ",
                 [](const Variables& x) { return x[0].traced() ? x[0] * 2.0 : x[0]; }, {kX});
}

TEST(CheckOp, GradientAndSecondDerivative) {
  const auto square_with = [](double factor, bool detach) {
    return [=](const Variables& v) {
      const Variable x = v[0];
      return record("square", x.value() * x.value(),
                    wrt(x, [=](const Variable& dy) { return dy * (detach ? x.detach() : x) * (2 * factor); }));
    };
  };
  expect_failure("gradient", "gradcheck: input 0 of shape [2], element 0: the gradient is ", square_with(1.01, false),
                 {kX});
  expect_failure("second derivative",
                 "second derivative: gradcheck: input 0 of shape [2], element 0: the gradient is 0",
                 square_with(1, true), {kX});
  expect_failure("gradient", "gradcheck: kink at element 1 of input 0", [](const Variables& x) { return relu(x[0]); },
                 {f64({1, 0})});
}

TEST(CheckOp, CreateGraph) {
  const auto two_answers = [](const Variables& v) {
    return fused(
        "two answers", {v[0]}, v[0].value() * 3.0,
        [](const Variables&, const Tensor& dy, const std::vector<bool>&) { return std::vector{kernels::mul(dy, 3.0)}; },
        [](const Variables& in) { return in[0] * 2.0; });
  };
  expect_failure("create_graph", "with create_graph: gradient of input 0: element 0: ", two_answers, {kX});
}

TEST(CheckOp, AnOpWithFirstDerivativesOnly) {
  const auto product = [](double factor) {
    return [factor](const Variables& v) {
      const auto fast = [factor](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        std::vector<Tensor> dx(2);
        for (const std::size_t i : {0, 1}) {
          dx[i] = wanted[i] ? kernels::mul(kernels::mul(dy, in[1 - i].value()), factor) : Tensor();
        }
        return dx;
      };
      return fused("product", v, kernels::mul(v[0].value(), v[1].value()), fast);
    };
  };
  EXPECT_THAT(check_op("product", product(1), {kX, kY})["second derivative"].detail,
              StartsWith("grad: 'product' has a gradient on tensors only"));
  const CheckReport report = check_op("product", product(1), {kX, kY}, {.second_derivatives = false});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(report["second derivative"].detail, "switched off");
  EXPECT_EQ(report["create_graph"].result, CheckLine::Result::skipped);
  expect_failure("gradient", "gradcheck: input 0 of shape [2], element 0: the gradient is ", product(1.01), {kX, kY},
                 {.second_derivatives = false});
}

TEST(CheckOp, InputByInput) {
  // Gives both gradients in the order of inputs, also when one of them is a constant and has no place.
  const auto careless = [](const Variables& v) {
    const Variable a = v[0], b = v[1];
    std::vector<Edge> edges;
    for (const Variable& x : v) {
      if (x.traced()) {
        edges.push_back(x.edge());
      }
    }
    const bool both = edges.size() == 2;
    return record_many("mul", {kernels::mul(a.value(), b.value())}, edges, [=](const GradientCall& call) {
      return both ? Variables{call.dy[0] * b, call.dy[0] * a} : Variables{call.dy[0] * b};
    })[0];
  };
  expect_failure("input by input", "gradient of input 1 beside constants: element 0: ", careless, {kX, kY});
}

TEST(CheckOp, ComputedInputs) {
  // Treats what is not a leaf as a constant.
  const auto leaves_only = [](const Variables& v) {
    const bool leaf = v[0].traced() && v[0].edge().node->state == Node::State::leaf;
    return exp(leaf || !v[0].traced() ? v[0] : v[0].detach() + v[0] * 0.0);
  };
  expect_failure("computed inputs", "gradient of half of input 0: element 0: 0, expected ", leaves_only, {kX});
}

TEST(CheckOp, RepeatedInput) {
  const auto once = [](const Variables& v) {
    const bool same = v[0].traced() && v[0].edge().node == v[1].edge().node;
    return v[0] * (same ? v[1].detach() : v[1]);
  };
  expect_failure("repeated input",
                 "f(x, x) with x for inputs 0 and 1: the gradient is not the sum of both: element 0: ", once, {kX, kY});
  EXPECT_EQ(check_op("once", once, {kX, kY}, {.repeated_input = false})["repeated input"].detail, "switched off");
}

TEST(CheckOp, Float32) {
  const auto coarse = [](const Variables& v) { return v[0].dtype() == DType::float32 ? v[0] * 1.001 : v[0] * 1.0; };
  expect_failure("float32", "against float64: element 0: 0.700", coarse, {kX});
  expect_failure("float32", "float32 inputs give float64",
                 [](const Variables& v) { return cast(v[0], DType::float64); }, {kX});
}

TEST(CheckOp, Threads) {
  expect_failure("threads", "2 of 2 results, 2 threads against 1: element 0: ",
                 [](const Variables& v) { return v[0] + static_cast<double>(num_threads() == 2); }, {kX});
  const int before = num_threads();
  check_op("exp", [](const Variables& v) { return exp(v[0]); }, {kX});
  EXPECT_EQ(num_threads(), before);
}

TEST(CheckOp, InputsUntouched) {
  const Tensor x = kX.clone();
  const auto writes = [&](const Variables& v) {
    Tensor(x).mutable_data<double>()[0] = 0.9;
    return Variable(v[0].value().clone()) + kernels::mul(v[0].value(), 0.0);
  };
  expect_failure("inputs untouched", "input 0 was written: element 0: 0.9, expected 0.7; 1 of 2 differ", writes, {x});
  const auto opens = [&](const Variables& v) {
    Tensor(x).mutable_data<double>();
    return v[0] * 1.0;
  };
  expect_failure("inputs untouched", "input 0 was opened for writing (mutable_data)", opens, {x});
  const auto writes_cotangent = [](const Variables& v) {
    return record("identity", v[0].value(), wrt(v[0], [](const Variable& dy) {
                    Tensor t = dy.value();
                    t.mutable_data<double>()[1] = 5;
                    return Variable(t);
                  }));
  };
  expect_failure("create_graph", "the cotangent was written: element 1: 5, expected ", writes_cotangent, {kX});
}

TEST(CheckOp, NodesFreed) {
  static Variables kept;
  const auto keeps = [](const Variables& v) {
    kept.push_back(v[0] * 2.0);
    return kept.back() + v[0];
  };
  const CheckReport report = check_op("keeps", keeps, {kX});
  EXPECT_THAT(
      report["nodes freed"].detail,
      ::testing::EndsWith(" nodes are left; does a gradient function capture the op's output, or something keep "
                          "a Variable?"));
  kept.clear();
}

TEST(CheckOp, WhatThrowsIsAFailedLine) {
  const auto throws = [](const Variables& v) { return matmul(v[0], v[1]); };
  expect_failure("value", "matmul: ", throws, {kX, f64({{1, 2}})});
  const auto add_up = [](const Variables& v) { return v[0] + v[1]; };
  expect_failure("value", "input 1 is float32; check_op takes float64, and casts to float32 itself; integers are ",
                 add_up, {kX, Tensor::of({{1, 2}})});
}

TEST(CheckOp, NothingToDifferentiate) {
  const CheckReport report = check_op("exp", [](const Variables& v) { return exp(v[0]); }, {random({0, 3})});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(report["gradient"].detail, "there are no elements to differentiate");
}

}  // namespace
}  // namespace gibbs::testing
