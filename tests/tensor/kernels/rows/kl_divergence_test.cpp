// sum c (ln p - ln softmax(z)) and its gradient against loops over one row, for coefficients of every kind; what is
// clipped at 0, and what is not.
#include "gibbs/tensor/kernels/rows/kl_divergence.h"

#include "gibbs/tensor/kernels/softmax.h"
#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/tensor/kernels/rows/rows_testing.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels::rows {
namespace {

/// ln x, and 0 of 0.
Coefficients logarithms(const Coefficients& x) {
  const auto log_of = [](const Tensor& t) {
    return t.defined() ? tensor(numbers(t.numel(),
                                        [v = t.to_vector()](std::int64_t i) {
                                          const double p = v[static_cast<std::size_t>(i)];
                                          return p > 0 ? std::log(p) : 0;
                                        }),
                                t.shape(), t.dtype())
                       : Tensor();
  };
  return {.dense = log_of(x.dense), .indices = x.indices, .other = log_of(x.other), .own = log_of(x.own)};
}

void expect_right(const std::string& what, const Coefficients& c, const Coefficients& log_p, const Tensor& z) {
  const auto kernel = [&](const Tensor& logits, const Tensor& dy, Output output) {
    return kl_divergence(c, log_p, kNaN, logits, dy, output);
  };
  expect_kernel(what, z, kernel, [&](const Numbers& row, std::int64_t n) {
    const Numbers q = softmax_of(row), c_n = row_of(c, n), log_p_n = row_of(log_p, n);
    const double sum_of_c = sum_of(c_n);
    Expected expected{.loss = 0, .dz = {}};
    for (std::size_t k = 0; k < q.size(); ++k) {
      expected.loss += c_n[k] * (log_p_n[k] - std::log(q[k]));
      expected.dz.push_back(q[k] * sum_of_c - c_n[k]);
    }
    return expected;
  });
}

TEST(KLDivergenceOfRows, IsRightForEveryNumberOfRowsAndClasses) {
  for_every_size([](std::int64_t rows, std::int64_t classes, DType dtype) {
    const Tensor z = some_logits(rows, classes, dtype);
    const auto zero = [](std::int64_t) { return 0.0; };
    const auto one = [](std::int64_t) { return 1.0; };
    const double share = .1 / static_cast<double>(classes);
    const Coefficients one_hot = of_classes(rows, classes, dtype, zero, one);
    const Coefficients smoothed = of_classes(
        rows, classes, dtype, [=](std::int64_t) { return share; }, [=](std::int64_t) { return .9 + share; });
    const Coefficients weighted_smoothed = of_classes(
        rows, classes, dtype, [=](std::int64_t k) { return some_weight(k) * share; },
        [=](std::int64_t k) { return some_weight(k) * (.9 + share); });
    const Coefficients array = of_array(some_distributions(rows, classes, dtype));
    expect_right("one-hot", one_hot, logarithms(one_hot), z);
    expect_right("weighted one-hot", of_classes(rows, classes, dtype, zero, some_weight), logarithms(one_hot), z);
    expect_right("weighted smoothed", weighted_smoothed, logarithms(smoothed), z);
    expect_right("an array", array, logarithms(array), z);
    expect_right("logarithms that are not of c", one_hot, of_classes(rows, classes, dtype, zero, some_weight), z);
  });
}

TEST(KLDivergenceOfRows, CostNothingWhereTheCoefficientIsZero) {
  const Tensor z = Tensor::of({{0, -kInfinity, 0}, {0, -kInfinity, 0}});
  const Coefficients p = of_array(Tensor::of({{.25, 0, .75}, {0, 1, 0}}));
  const LossesAndGradient found = kl_divergence(p, logarithms(p), 1, z, Tensor::ones({1}), Output::each_row);
  EXPECT_NEAR(found.losses.at({0}), .25 * std::log(.5) + .75 * std::log(1.5), 1e-7);
  EXPECT_EQ(found.losses.at({1}), kInfinity);
  EXPECT_EQ(found.dz.to_vector(), (Numbers{.25, 0, -.25, .5, -1, .5}));
}

TEST(KLDivergenceOfRows, RoundingBelowZeroIsClippedInRowsThatSumToTheWhole) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor z = some_logits(200, 10, dtype);
    const Coefficients p = of_array(softmax(z)), log_p = logarithms(p);
    const auto least_with = [&](double whole) {
      double least = 1;
      for (const double loss : kl_divergence(p, log_p, whole, z, {}, Output::each_row).losses.to_vector()) {
        least = std::min(least, loss);
      }
      return least;
    };
    EXPECT_EQ(least_with(1), 0) << "the rows are distributions";
    EXPECT_LT(least_with(kNaN), 0) << "no row is one: the rounding stays";
    EXPECT_LT(least_with(1.01), 0) << "they do not sum to 1.01";
  }
}

TEST(KLDivergenceOfRows, GivesTheSameBitsOnAnyThreads) {
  const Tensor z = some_logits(5000, 10, DType::float32), dy = Tensor::ones({1});
  const Coefficients p = of_array(some_distributions(5000, 10, DType::float32)), log_p = logarithms(p);
  testing::expect_same_bits_on_any_threads([&] { return kl_divergence(p, log_p, 1, z, dy, Output::sum).dz; });
  testing::expect_same_bits_on_any_threads(
      [&] { return Tensor::of(kl_divergence(p, log_p, 1, z, dy, Output::sum).sum); });
}

}  // namespace
}  // namespace gibbs::kernels::rows
