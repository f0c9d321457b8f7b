// A right gradient is never called wrong, however its function is made: second or third derivatives that jump at the
// point or beside it, strong curvature, large values, a domain that ends. A gradient that is off by little still is.
#include "gibbs/autograd/detail/differences.h"

#include <array>
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Function = Variable (*)(const Variable&);
struct Named {
  const char* name;
  Function f;
};

Variable elu(const Variable& x) { return where(kernels::greater(x.value(), 0.0), x, expm1(x)); }
Variable huber(const Variable& x) {
  return where(kernels::less(kernels::abs(x.value()), 1.0), square(x) * 0.5, abs(x) - 0.5);
}

/// Their first derivatives are continuous; the second jump at 0, at 1 for Huber's and the last.
const auto kSmoothOnce = std::to_array<Named>(
    {{"softsign", softsign},
     {"ELU", elu},
     {"Huber around 1", [](const Variable& x) { return huber(x + 1.0); }},
     {"x |x|", [](const Variable& x) { return x * abs(x); }},
     {"20 x |x|", [](const Variable& x) { return x * abs(x) * 20.0; }},
     {"x + relu(x)^2", [](const Variable& x) { return x + square(relu(x)); }},
     {"10 + 3 x - relu(-x)^2", [](const Variable& x) { return 10.0 + 3.0 * x - square(relu(-x)); }},
     {"e^x + x |x| / 2", [](const Variable& x) { return exp(x) + x * abs(x) * 0.5; }},
     {"relu(x - 1e-7)^2 - relu(-x - 1e-7)^2",
      [](const Variable& x) { return square(relu(x - 1e-7)) - square(relu(-x - 1e-7)) + x; }}});
/// Their third derivatives jump at 0.
const auto kSmoothTwice =
    std::to_array<Named>({{"x^2 |x|", [](const Variable& x) { return x * x * abs(x); }},
                          {"x + relu(x)^3", [](const Variable& x) { return x + square(relu(x)) * relu(x); }},
                          {"x^2 + softsign^2 x", [](const Variable& x) { return x * x + softsign(x) * x * x; }}});

constexpr auto kAround =
    std::to_array<double>({0,         -0.0, 1e-12, 1e-9, 1e-7, -1e-7, 3e-7,   -8e-7, 2.5e-6,  -3e-6, 1e-5 / 3,
                           -1e-5 / 6, 5e-6, -7e-6, 9e-6, 1e-5, -1e-5, 1.1e-5, 1e-4,  -1.7e-5, 0.01});

DifferentiableFunction of_first(Function f) {
  return [f](const Variables& x) { return f(x[0]); };
}

/// f, with `off(gradient)` for its gradient.
DifferentiableFunction with_gradient(Function f, std::function<Variable(const Variable& x, const Variable& dx)> off) {
  return [f, off](const Variables& v) {
    const Variable x = v[0];
    return f(record("tap", x.value(), wrt(x, [x, off](const Variable& dx) { return off(x, dx); })));
  };
}

TEST(Differences, RightWhereSecondDerivativesJump) {
  for (const Named& function : kSmoothOnce) {
    for (const double t : kAround) {
      const GradcheckReport report = gradcheck(of_first(function.f), {f64({0.7, t, -0.4})});
      EXPECT_TRUE(report) << function.name << " at " << t << ": " << report.message;
      EXPECT_LT(report.largest_error, 1e-7) << function.name << " at " << t;
    }
  }
}

TEST(Differences, RightWhereThirdDerivativesJump) {
  for (const Named& function : kSmoothTwice) {
    for (const double t : kAround) {
      const GradcheckReport first = gradcheck(of_first(function.f), {f64({0.7, t})});
      EXPECT_TRUE(first) << function.name << " at " << t << ": " << first.message;
      const GradcheckReport second = gradgradcheck(of_first(function.f), {f64({0.7, t})});
      EXPECT_TRUE(second) << function.name << " at " << t << ": " << second.message;
    }
  }
}

TEST(Differences, WrongByLittle) {
  const auto by_a_constant = [](const Variable&, const Variable& dx) { return dx + 1e-6; };
  const auto in_one_element = [](const Variable&, const Variable& dx) { return dx + f64({0, 1e-6, 0}); };
  const auto by_a_factor = [](const Variable&, const Variable& dx) { return dx * 1.0001; };
  for (const Named& function : kSmoothOnce) {
    for (const double t : kAround) {
      const std::vector<Tensor> x{f64({0.7, t, -0.4})};
      for (const auto& off : {with_gradient(function.f, by_a_constant), with_gradient(function.f, in_one_element),
                              with_gradient(function.f, by_a_factor)}) {
        EXPECT_THAT(gradcheck(off, x).message, StartsWith("gradcheck: input 0 of shape [3], element"))
            << function.name << " at " << t;
      }
    }
  }
}

TEST(Differences, WrongByLittleInTheSecondDerivative) {
  for (const Named& function : kSmoothTwice) {
    for (const double t : kAround) {
      // The gradient is right; it forgets a little of how it depends on x, or on the cotangent.
      const auto forgets_x = with_gradient(function.f, [](const Variable& x, const Variable& dx) {
        return dx + (x - x.detach()) * f64({0, 1e-6});
      });
      const auto of_dx = with_gradient(
          function.f, [](const Variable&, const Variable& dx) { return dx * 1.0001 - dx.detach() * 0.0001; });
      for (const auto& off : {forgets_x, of_dx}) {
        EXPECT_TRUE(gradcheck(off, {f64({0.7, t})})) << function.name << " at " << t;
        EXPECT_THAT(gradgradcheck(off, {f64({0.7, t})}).message, StartsWith("second derivative: gradcheck: input 0"))
            << function.name << " at " << t;
      }
    }
  }
}

TEST(Differences, RightWhereTheFunctionIsCurvedOrLarge) {
  const auto right = [](Function f, double t) { return gradcheck(of_first(f), {f64(t)}).message; };
  EXPECT_EQ(right(log, 2e-4), "");
  EXPECT_EQ(right([](const Variable& x) { return 1.0 / x; }, 1e-3), "");
  EXPECT_EQ(right([](const Variable& x) { return exp(x * 1e3); }, 1e-3), "");
  EXPECT_EQ(right([](const Variable& x) { return sin(x * 300.0); }, 0.1), "");
  EXPECT_EQ(right([](const Variable& x) { return sin(x) + 1e5; }, 0.1), "");
  EXPECT_EQ(right([](const Variable& x) { return x * 3.0 + 1e7; }, -0.2), "");
  EXPECT_EQ(right([](const Variable& x) { return square(x); }, 1e4), "");
  const auto doubled = with_gradient([](const Variable& x) { return sin(x) + 1e5; },
                                     [](const Variable&, const Variable& dx) { return dx * 1.001; });
  EXPECT_THAT(gradcheck(doubled, {f64(0.1)}).message, HasSubstr("the gradient is"));
}

TEST(Differences, WhereNothingCanBeSaidNobodyIsAccused) {
  const auto message = [](Function f, double t) { return gradcheck(of_first(f), {f64({1, t})}).message; };
  EXPECT_EQ(message([](const Variable& x) { return sqrt(x) * 2.0; }, 0).substr(0, 87),
            "gradcheck: differences do not settle at element 1 of input 0 of shape [2]: the slope is");
  EXPECT_THAT(message([](const Variable& x) { return pow(x, 1.5); }, 0), StartsWith("gradcheck: differences do not"));
  EXPECT_THAT(message(log, 1e-9), StartsWith("gradcheck: differences do not settle at element 1"));
  // f' is continuous, but so steep that no step shows its limit.
  EXPECT_THAT(message([](const Variable& x) { return kernels::sign(x.value()) * pow(abs(x) + 1e-300, 1.1); }, 0),
              StartsWith("gradcheck: differences do not settle at element 1"));
  // A kink too slight for the rule of kinks: any slope between the two is right.
  EXPECT_THAT(message([](const Variable& x) { return x + relu(x) * 1e-5; }, 0),
              ::testing::Not(HasSubstr("central differences give")));
}

}  // namespace
}  // namespace gibbs::testing
