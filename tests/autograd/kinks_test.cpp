// Kinks are found and named, wherever a function has one: at the point, near it, in one dimension of many. Curvature,
// however strong, is no kink; and a wrong gradient beside a kink is still told.
#include <cmath>

#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

using ::testing::StartsWith;

std::string first(const DifferentiableFunction& f, const Tensors& inputs) { return gradcheck(f, inputs).message; }

TEST(Kinks, TheMessageNamesElementSlopesAndGradient) {
  const GradcheckReport report = gradcheck([](const Variables& x) { return relu(x[0]); }, {f64({-1, 0})}, {.seed = 3});
  EXPECT_FALSE(report);
  std::ostringstream expected;
  expected.precision(12);
  expected << "gradcheck: kink at element 1 of input 0 of shape [2]: the slope is 0 below and "
           << kernels::uniform({.seed = 3}, {2}, 0.5, 1.5, DType::float64).at({1})
           << " above it, the gradient 0; differences prove nothing there: move the point";
  EXPECT_EQ(report.message, expected.str());
}

TEST(Kinks, OfEveryOpThatHasThem) {
  const auto kink = [](int element, int input) {
    return "gradcheck: kink at element " + std::to_string(element) + " of input " + std::to_string(input);
  };
  const auto unary = [](Variable (*op)(const Variable&)) { return [op](const Variables& x) { return op(x[0]); }; };
  EXPECT_THAT(first(unary(relu), {f64({-1, 2, 0})}), StartsWith(kink(2, 0)));
  EXPECT_THAT(first(unary(abs), {f64({-1, 0})}), StartsWith(kink(1, 0)));
  const auto clamped = [](const Variables& x) { return clamp(x[0], -1, 1); };
  EXPECT_THAT(first(clamped, {f64({0.5, 1, 3})}), StartsWith(kink(1, 0)));
  EXPECT_THAT(first(clamped, {f64({0.5, 2, -1})}), StartsWith(kink(2, 0)));
  // Equal operands share the gradient, which central differences happen to agree with: a kink all the same.
  const auto larger = [](const Variables& x) { return maximum(x[0], x[1]); };
  EXPECT_THAT(first(larger, {f64({1, 2}), f64({0, 2})}), StartsWith(kink(1, 0)));
  EXPECT_THAT(first([](const Variables& x) { return max(x[0]); }, {f64({1, 3, 3})}), StartsWith(kink(1, 0)));
  EXPECT_THAT(first([](const Variables& x) { return sort(x[0]).values; }, {f64({5, 1, 7, 1})}), StartsWith(kink(1, 0)));
  EXPECT_THAT(first([](const Variables& x) { return topk(x[0], 1).values; }, {f64({5, 1, 7, 7})}),
              StartsWith(kink(2, 0)));
  const Tensor image = f64({1, 2, 5, 4, 1, 5, 3, 0, 9}).reshape({1, 3, 3, 1});  // the second window has two fives
  const auto pool = [](const Variables& x) {
    return max_pool2d(x[0], {.window_h = 2, .window_w = 2, .stride_h = 1, .stride_w = 1});
  };
  EXPECT_THAT(first(pool, {image}), StartsWith(kink(2, 0)));
}

TEST(Kinks, NearThePoint) {
  const auto f = [](const Variables& x) { return relu(x[0]); };
  for (const double t : {-9e-6, -5e-6, -1e-5 / 3, -1e-5 / 6, 1e-7, 1e-5 / 6, 2.5e-6, 1e-5 / 3, 5e-6, 9e-6}) {
    EXPECT_THAT(first(f, {f64({1, t})}), StartsWith("gradcheck: kink at element 1 of input 0")) << t;
  }
  EXPECT_EQ(first(f, {f64({1, 1.1e-5, -1.1e-5})}), "");
}

TEST(Kinks, CurvatureIsNone) {
  EXPECT_EQ(first([](const Variables& x) { return exp(x[0] * 3.0); }, {f64({1, 2, 0})}), "");
  EXPECT_EQ(first([](const Variables& x) { return log(x[0]); }, {f64({0.01, 0.05})}), "");
  EXPECT_EQ(first([](const Variables& x) { return square(x[0]) * 1e3; }, {f64({0, 1e-5, 2})}), "");
  const auto wrong = [](const Variables& v) {
    const Variable x = v[0];
    return record("wrong", exp(x * 3.0).value(), wrt(x, [x](const Variable& dy) { return dy * exp(x * 3.0) * 2.0; }));
  };
  EXPECT_THAT(first(wrong, {f64({2})}), StartsWith("gradcheck: input 0 of shape [1], element 0: the gradient is"));
}

TEST(Kinks, AWrongGradientElsewhereIsToldFirst) {
  const auto wrong = [](const Variables& v) {
    return record("relu", kernels::relu(v[0].value()), wrt(v[0], [](const Variable& dy) { return dy; }));
  };
  EXPECT_THAT(first(wrong, {f64({0, -1})}), StartsWith("gradcheck: input 0 of shape [2], element 1: the gradient is"));
}

TEST(Kinks, InSecondDerivatives) {
  const auto f = [](const Variables& x) { return square(relu(x[0])); };  // its second derivative jumps at 0
  EXPECT_EQ(first(f, {f64({0.5, 0})}), "");
  EXPECT_THAT(gradgradcheck(f, {f64({0.5, 0})}).message,
              StartsWith("second derivative: gradcheck: kink at element 1 of input 0 of shape [2]"));
}

}  // namespace
}  // namespace gibbs::testing
