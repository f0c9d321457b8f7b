// Elementary functions and their derivatives at every extreme number of float32 and float64, against long double. The
// bounds are in units of the last place; where a formula loses digits by its nature, the bound says how many.
#include <gtest/gtest.h>

#include "tests/autograd/ops/extremes.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/oracle.h"

namespace gibbs {
namespace {

using namespace testing;

using Real = long double;

struct Elementary {
  const char* name;
  Variable (*op)(const Variable&);
  Real (*value)(Real);
  Real (*slope)(Real);
  double value_ulps, slope_ulps;
  double per_square = 0;  // further units, times x^2: the rounding of x^2 in an exponent
};

constexpr Real kTwoOverRootPi = 1.12837916709551257389615890312154517L;
constexpr Real kRootHalf = 0.707106781186547524400844362104849039L;

Real logistic(Real x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
Real sech_squared(Real x) { return 4 * logistic(2 * x) * logistic(-2 * x); }
Real cumulative(Real x) { return std::erfc(-x * kRootHalf) / 2; }
Real gelu_value(Real x) { return x == -INFINITY ? Real{0} : x * cumulative(x); }
Real gelu_slope(Real x) {
  return cumulative(x) + (std::isinf(x) ? Real{0} : x * std::exp(-x * x / 2) * kTwoOverRootPi / 2 * kRootHalf);
}

const Elementary kElementary[] = {
    {"exp", exp, [](Real x) { return std::exp(x); }, [](Real x) { return std::exp(x); }, 1, 1},
    {"expm1", expm1, [](Real x) { return std::expm1(x); }, [](Real x) { return std::exp(x); }, 1, 1},
    {"log", log, [](Real x) { return std::log(x); }, [](Real x) { return 1 / x; }, 1, 0.5},
    {"log1p", log1p, [](Real x) { return std::log1p(x); }, [](Real x) { return 1 / (1 + x); }, 1.5, 1.5},
    {"sqrt", sqrt, [](Real x) { return std::sqrt(x); }, [](Real x) { return 1 / (2 * std::sqrt(x)); }, 0.5, 1.5},
    {"square", square, [](Real x) { return x * x; }, [](Real x) { return 2 * x; }, 0.5, 0},
    {"sin", sin, [](Real x) { return std::sin(x); }, [](Real x) { return std::cos(x); }, 1, 1},
    {"cos", cos, [](Real x) { return std::cos(x); }, [](Real x) { return -std::sin(x); }, 1, 1},
    {"tanh", tanh, [](Real x) { return std::tanh(x); }, sech_squared, 1, 5},
    {"sigmoid", sigmoid, logistic, [](Real x) { return logistic(x) * logistic(-x); }, 3, 6},
    {"erf", erf, [](Real x) { return std::erf(x); }, [](Real x) { return kTwoOverRootPi * std::exp(-x * x); }, 1, 3, 1},
    {"erfc", erfc, [](Real x) { return std::erfc(x); }, [](Real x) { return -kTwoOverRootPi * std::exp(-x * x); }, 1.5,
     3, 1},
    {"gelu", gelu, gelu_value, gelu_slope, 4, 8, 2},
    {"relu", relu, [](Real x) { return x > 0 ? x : Real{0}; }, [](Real x) { return Real(x > 0); }, 0, 0},
    {"abs", abs, [](Real x) { return std::abs(x); }, [](Real x) { return Real(x > 0) - Real(x < 0); }, 0, 0},
    {"neg", neg, [](Real x) { return -x; }, [](Real) { return Real{-1}; }, 0, 0},
    {"clamp", [](const Variable& x) { return clamp(x, -2, 50); },
     [](Real x) { return std::clamp(x, Real{-2}, Real{50}); }, [](Real x) { return Real(x >= -2 && x <= 50); }, 0, 0},
    {"x / 3", [](const Variable& x) { return x / 3.0; }, [](Real x) { return x / 3; }, [](Real) { return Real{1} / 3; },
     0.5, 0.5},
    {"x / 1e30", [](const Variable& x) { return x / 0x1p100; }, [](Real x) { return x / 0x1p100L; },
     [](Real) { return 1 / 0x1p100L; }, 0.5, 0.5},
    {"x / 2^-126", [](const Variable& x) { return x / 0x1p-126; }, [](Real x) { return x / 0x1p-126L; },
     [](Real) { return 0x1p126L; }, 0.5, 0.5},
    {"7 / x", [](const Variable& x) { return 7.0 / x; }, [](Real x) { return 7 / x; },
     [](Real x) { return -7 / x / x; }, 0.5, 1.5},
    {"x^0", [](const Variable& x) { return pow(x, 0); }, [](Real) { return Real{1}; }, [](Real) { return Real{0}; }, 0,
     0},
    {"x^1", [](const Variable& x) { return pow(x, 1); }, [](Real x) { return x; }, [](Real) { return Real{1}; }, 1, 0},
    {"x^2", [](const Variable& x) { return pow(x, 2); }, [](Real x) { return x * x; }, [](Real x) { return 2 * x; },
     0.5, 1},
    {"x^3", [](const Variable& x) { return pow(x, 3); }, [](Real x) { return std::pow(x, Real{3}); },
     [](Real x) { return 3 * x * x; }, 1, 2},
    {"x^-1", [](const Variable& x) { return pow(x, -1); }, [](Real x) { return 1 / x; },
     [](Real x) { return -1 / x / x; }, 1, 2},
    {"x^0.5", [](const Variable& x) { return pow(x, 0.5); }, [](Real x) { return std::pow(x, Real{0.5}); },
     [](Real x) { return Real{0.5} * std::pow(x, Real{-0.5}); }, 1, 2},
};

template <class T>
void expect_extremes(const Elementary& function) {
  const std::vector<double> points = extremes<T>();
  const Variable x = Variable::leaf(tensor_of<T>(points));
  const Variable y = function.op(x);
  const std::vector<double> values = y.value().to_vector(), slopes = gradient_of(y, x);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto at = static_cast<Real>(points[i]);
    const double more = function.per_square * std::min(points[i] * points[i], 2e3);
    const Real value = function.value(at), slope = function.slope(at);
    const bool is_least = (function.op == erf || function.op == erfc) && std::abs(value) < 1e-37L;  // simd_math.h
    EXPECT_LE(ulps<T>(values[i], value), is_least ? 2 : function.value_ulps + (function.op == gelu ? more : 0))
        << function.name << "(" << points[i] << ") is " << values[i] << ", exactly " << static_cast<double>(value);
    EXPECT_LE(ulps<T>(slopes[i], slope), function.slope_ulps + more)
        << function.name << "'(" << points[i] << ") is " << slopes[i] << ", exactly " << static_cast<double>(slope);
  }
}

TEST(Extremes, OfElementaryFunctionsInFloat64) {
  for (const Elementary& function : kElementary) {
    expect_extremes<double>(function);
  }
}

TEST(Extremes, OfElementaryFunctionsInFloat32) {
  for (const Elementary& function : kElementary) {
    expect_extremes<float>(function);
  }
}

TEST(Extremes, NaNStaysNaN) {
  for (const Elementary& function : kElementary) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const double y = function.op(Tensor::full({}, kNaN, dtype)).value().item();
      EXPECT_EQ(std::isnan(y), std::string(function.name) != "x^0") << function.name;  // NaN^0 is 1, as in <cmath>
    }
  }
}

TEST(Extremes, SecondDerivativesOfClosedFamilies) {
  for (const double x : {1e-20, 0.5, 20.0, 300.0}) {
    const auto second = [x](Variable (*op)(const Variable&)) {
      const Variable at = Variable::leaf(f64(x));
      return gradient_of(grad(op(at), {at}, {.create_graph = true})[0], at)[0];
    };
    const auto t = static_cast<Real>(x);
    EXPECT_LE(ulps<double>(second(tanh), -2 * std::tanh(t) * sech_squared(t)), 10) << x;
    EXPECT_LE(ulps<double>(second(expm1), std::exp(t)), 1) << x;
    EXPECT_LE(ulps<double>(second(log), -1 / t / t), 2) << x;
  }
}

}  // namespace
}  // namespace gibbs
