// The checker must catch what it exists for: gradients scaled, zeroed, swapped or detached, in first and second order.
#include "gibbs/autograd/gradcheck.h"

#include <gtest/gtest-spi.h>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

/// x^2 with a gradient of the caller's own.
DifferentiableFunction square_with(std::function<Variable(const Variable& x, const Variable& dy)> gradient) {
  return [gradient](const Variables& v) {
    const Variable x = v[0];
    return record("square", x.value() * x.value(), wrt(x, [=](const Variable& dy) { return gradient(x, dy); }));
  };
}

const Tensor kPoint = Tensor::of({0.7, 1.3}, DType::float64);

TEST(Gradcheck, AcceptsRightGradients) {
  const auto right = square_with([](const Variable& x, const Variable& dy) { return dy * x * 2.0; });
  const GradcheckReport first = gradcheck(right, {kPoint}), second = gradgradcheck(right, {kPoint});
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
  EXPECT_GT(first.largest_error, 0);
  EXPECT_LT(first.largest_error, 1e-9);
}

TEST(Gradcheck, CatchesAFactorOfOnePercent) {
  const GradcheckReport report =
      gradcheck(square_with([](const Variable& x, const Variable& dy) { return dy * x * 2.02; }), {kPoint});
  EXPECT_FALSE(report);
  EXPECT_NEAR(report.largest_error, 0.01, 1e-9);
  EXPECT_EQ(report.message.rfind("gradcheck: input 0 of shape [2], element 0: the gradient is ", 0), 0U)
      << report.message;
}

TEST(Gradcheck, CatchesZeroedGradients) {
  EXPECT_FALSE(gradcheck(square_with([](const Variable&, const Variable& dy) { return dy * 0.0; }), {kPoint}));
  EXPECT_FALSE(gradcheck(  // one element of two
      square_with([](const Variable& x, const Variable& dy) {
        return dy * x * f64({2, 0});
      }),
      {kPoint}));
}

TEST(Gradcheck, CatchesSwappedGradients) {
  const auto swapped = [](const Variables& v) {
    const Variable a = v[0], b = v[1];
    return record("mul", a.value() * b.value(), wrt(a, [a](const Variable& dy) { return dy * a; }),
                  wrt(b, [b](const Variable& dy) { return dy * b; }));
  };
  EXPECT_FALSE(gradcheck(swapped, {kPoint, f64({2, 3})}));
}

TEST(Gradcheck, CatchesDetachedFactors) {
  EXPECT_FALSE(gradcheck([](const Variables& v) { return v[0] * v[0].detach(); }, {kPoint}));
  // Right in first order, blind in second: the gradient forgets that it depends on x.
  const auto blind = square_with([](const Variable& x, const Variable& dy) { return dy * x.detach() * 2.0; });
  EXPECT_TRUE(gradcheck(blind, {kPoint}));
  const GradcheckReport second = gradgradcheck(blind, {kPoint});
  EXPECT_FALSE(second);
  EXPECT_EQ(second.message.rfind("second derivative: gradcheck: input 0 of shape [2], element 0", 0), 0U)
      << second.message;
  // Right in first order, but the cotangent is cut off.
  EXPECT_FALSE(gradgradcheck(square_with([](const Variable& x, const Variable& dy) { return dy.detach() * x * 2.0; }),
                             {kPoint}));
}

TEST(Gradcheck, CatchesNotANumber) {
  const auto wrong = square_with([](const Variable&, const Variable& dy) { return dy * std::nan(""); });
  const GradcheckReport report = gradcheck(wrong, {kPoint});
  EXPECT_FALSE(report);
  EXPECT_TRUE(std::isnan(report.largest_error));
}

TEST(Gradcheck, RefusesWhatProvesNothing) {
  EXPECT_EQ(gradcheck([](const Variables& v) { return v[0] - v[0]; }, {kPoint}).message,
            "gradcheck: every gradient is zero, which proves nothing; choose inputs that matter to the result");
  EXPECT_EQ(error_of([] { gradcheck([](const Variables& v) { return exp(v[0]); }, {Tensor::of({1})}); }),
            "gradcheck: inputs must be float64, not float32: differences of float32 prove nothing");
  EXPECT_EQ(error_of([] { gradcheck([](const Variables& v) { return v[0].detach(); }, {kPoint}); }),
            "gradcheck: the result does not depend on any input");
  EXPECT_EQ(error_of([] { gradcheck([](const Variables&) { return Variable(); }, {}); }),
            "gradcheck: needs at least one input");
}

TEST(Gradcheck, LeavesItsInputsAlone) {
  const Tensor x = f64({0.5, 2});
  const std::uint64_t version = x.version();
  gradgradcheck([](const Variables& v) { return exp(v[0]); }, {x});
  EXPECT_EQ(x.version(), version);
  EXPECT_EQ(x.to_vector(), (std::vector<double>{0.5, 2}));
}

TEST(ExpectOp, GoesRedForAWrongValueAndForAWrongGradient) {
  const auto oracle = [](const Tensors& x) {
    return build({2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); });
  };
  static const auto right = square_with([](const Variable& x, const Variable& dy) { return dy * x * 2.0; });
  static const auto wrong = square_with([](const Variable& x, const Variable& dy) { return dy * x * 2.02; });
  expect_op(right, {kPoint}, oracle);
  ::testing::TestPartResultArray failures;
  {
    const ::testing::ScopedFakeTestPartResultReporter fake(&failures);
    expect_op(right, {kPoint}, [](const Tensors&) { return f64({0.49, 1.7}); });
  }
  ASSERT_EQ(failures.size(), 1);
  EXPECT_NE(std::string(failures.GetTestPartResult(0).message()).find("element 1: 1.69"), std::string::npos)
      << failures.GetTestPartResult(0).message();
  ::testing::TestPartResultArray gradient_failures;
  {
    const ::testing::ScopedFakeTestPartResultReporter fake(&gradient_failures);
    expect_op(wrong, {kPoint}, oracle);
  }
  EXPECT_GE(gradient_failures.size(), 1);
}

}  // namespace
}  // namespace gibbs::testing
