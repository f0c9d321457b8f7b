// Elementary functions of tensors against <cmath> in long double, with the edges that need care.
#include <cmath>

#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::random_tensor;
using ::testing::ElementsAre;
using ::testing::IsNan;

double tolerance(DType dtype) { return dtype == DType::float32 ? 3e-7 : 6e-16; }

void expect_near_relative(double got, double wanted, double relative) {
  EXPECT_NEAR(got, wanted, relative * std::abs(wanted) + 1e-300);
}

TEST(Math, OneOperandFunctionsMatchTheStandardLibrary) {
  struct Case {
    Tensor (*kernel)(const Tensor&);
    long double (*oracle)(long double);
    double low, high;
  };
  const auto sigmoid_oracle = [](long double x) { return 1 / (1 + std::exp(-x)); };
  const auto log_sigmoid_oracle = [](long double x) { return -std::log1p(std::exp(-x)); };
  const Case cases[] = {{exp, std::exp, -80, 80},
                        {expm1, std::expm1, -3, 3},
                        {log, std::log, 1e-5, 9},
                        {log1p, std::log1p, -.9, 9},
                        {sqrt, std::sqrt, 0, 9},
                        {sin, std::sin, -9, 9},
                        {cos, std::cos, -9, 9},
                        {tanh, std::tanh, -9, 9},
                        {erf, std::erf, -3, 3},
                        {sigmoid, sigmoid_oracle, -80, 80},
                        {log_sigmoid, log_sigmoid_oracle, -80, 80}};
  for (const Case& c : cases) {
    for (DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = random_tensor({40, 1001}, dtype, c.low, c.high);
      const auto from = x.to_vector(), got = c.kernel(x).to_vector();
      for (std::size_t i = 0; i < got.size(); ++i) {
        expect_near_relative(got[i], static_cast<double>(c.oracle(from[i])), tolerance(dtype));
      }
    }
  }
}

TEST(Math, SigmoidDoesNotOverflow) {
  for (DType dtype : {DType::float32, DType::float64}) {
    EXPECT_THAT(sigmoid(Tensor::of({-kInfinity, -1e8, 0, 1e8, kInfinity, kNaN}, dtype)).to_vector(),
                ElementsAre(0, 0, 0.5, 1, 1, IsNan()));
  }
  EXPECT_THAT(log_sigmoid(Tensor::of({-kInfinity, -1e8, 1e8, kInfinity, kNaN}, DType::float64)).to_vector(),
              ElementsAre(-kInfinity, -1e8, 0, 0, IsNan()));
  // Still a denormal float32, though e^95 alone overflows.
  EXPECT_NEAR(sigmoid(Tensor::of(-95)).item(), std::exp(-95.0), 1e-44);
}

TEST(Math, PowBroadcastsAndKnowsItsEdges) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const Tensor a = random_tensor({700, 3}, dtype, 0.1, 3), b = random_tensor({3}, dtype, -2, 2, 5);
    for (const auto& [x, e] : {std::pair{a, b}, {b - Tensor::of(3, dtype), Tensor::of(3, dtype)}, {a, a}}) {
      const Tensor y = pow(x, e);
      const auto p = gibbs::testing::repeated(x, y.shape()), q = gibbs::testing::repeated(e, y.shape());
      const auto got = y.to_vector();
      for (std::size_t i = 0; i < got.size(); ++i) {
        expect_near_relative(got[i], std::pow(p[i], q[i]), tolerance(dtype));
      }
    }
    EXPECT_THAT(pow(Tensor::of({-2, 0, kInfinity, 3}, dtype), 2).to_vector(), ElementsAre(4, 0, kInfinity, 9));
    EXPECT_THAT(pow(Tensor::of({-2, 0, kNaN}, dtype), 0).to_vector(), ElementsAre(1, 1, 1));
    EXPECT_THAT(pow(Tensor::of({-2, 0, 4}, dtype), 0.5).to_vector(), ElementsAre(IsNan(), 0, 2));
  }
}

TEST(Math, LogAddExpIsExactAtInfinitiesAndNeverOverflows) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const Tensor a = Tensor::of({-kInfinity, -kInfinity, 1e8, kInfinity, kInfinity, -kInfinity, kNaN, 1}, dtype);
    const Tensor b = Tensor::of({-kInfinity, 3, -1e8, 0, kInfinity, kInfinity, 0, kNaN}, dtype);
    EXPECT_THAT(logaddexp(a, b).to_vector(),
                ElementsAre(-kInfinity, 3, 1e8, kInfinity, kInfinity, kInfinity, IsNan(), IsNan()));
    const Tensor x = random_tensor({2000}, dtype, 1, 20), y = logaddexp(x, Tensor::of(7, dtype));
    for (std::int64_t i = 0; i < 2000; ++i) {
      expect_near_relative(y.at({i}), std::log(std::exp(x.at({i})) + std::exp(7.0)), tolerance(dtype));
    }
  }
}

TEST(Math, SameBitsOnAnyThreads) {
  gibbs::testing::expect_same_bits_on_any_threads([] { return tanh(random_tensor({100003})); });
  gibbs::testing::expect_same_bits_on_any_threads([] {
    return pow(random_tensor({3001, 17}, DType::float32, 0.1, 2), random_tensor({17}));
  });
}

TEST(Math, IntegersAreRefused) {
  const Tensor x = Tensor::ones({2}, DType::int64);
  EXPECT_EQ(error_of([&] { exp(x); }), "exp: needs float32 or float64, not int64; convert with cast");
  EXPECT_EQ(error_of([&] { pow(x, 2); }), "pow: needs float32 or float64, not int64; convert with cast");
  EXPECT_EQ(exp(Tensor::zeros({0, 3})).shape(), Shape({0, 3}));
}

}  // namespace
}  // namespace gibbs::kernels
