// JS(p, softmax(z)) and its gradient against loops over one row, for targets of every kind.
#include "gibbs/tensor/kernels/rows/js_divergence.h"

#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/tensor/kernels/rows/rows_testing.h"

namespace gibbs::kernels::rows {
namespace {

/// p ln(p / m), and 0 of 0.
double term(double p, double m) { return p > 0 ? p * std::log(p / m) : 0; }

void expect_right(const std::string& what, const Coefficients& p, const Tensor& w, const Tensor& z) {
  const auto kernel = [&](const Tensor& logits, const Tensor& dy, Output output) {
    return js_divergence(p, w, logits, dy, output);
  };
  const Numbers weights = w.to_vector();
  expect_kernel(what, z, kernel, [&](const Numbers& row, std::int64_t n) {
    const Numbers q = softmax_of(row), p_n = row_of(p, n);
    Expected expected{.loss = 0, .dz = {}};
    Numbers g;
    double mean = 0;
    for (std::size_t k = 0; k < q.size(); ++k) {
      const double m = (p_n[k] + q[k]) / 2;
      expected.loss += weights[k] * (term(p_n[k], m) + term(q[k], m)) / 2;
      g.push_back(weights[k] * std::log(q[k] / m) / 2);
      mean += q[k] * g[k];
    }
    for (std::size_t k = 0; k < q.size(); ++k) {
      expected.dz.push_back(q[k] * (g[k] - mean));
    }
    return expected;
  });
}

TEST(JSDivergenceOfRows, IsRightForEveryNumberOfRowsAndClasses) {
  for_every_size([](std::int64_t rows, std::int64_t classes, DType dtype) {
    const Tensor z = some_logits(rows, classes, dtype), ones = Tensor::ones({classes}, dtype);
    const auto zero = [](std::int64_t) { return 0.0; };
    const auto one = [](std::int64_t) { return 1.0; };
    const double share = .1 / static_cast<double>(classes);
    const Coefficients one_hot = of_classes(rows, classes, dtype, zero, one);
    const Coefficients smoothed = of_classes(
        rows, classes, dtype, [=](std::int64_t) { return share; }, [=](std::int64_t) { return .9 + share; });
    for (const Tensor& w : {ones, some_weights(classes, dtype)}) {
      expect_right("one-hot", one_hot, w, z);
      expect_right("smoothed", smoothed, w, z);
      expect_right("an array", of_array(some_distributions(rows, classes, dtype)), w, z);
    }
  });
}

TEST(JSDivergenceOfRows, ClassIndicesAndTheirRowsGiveTheSameBits) {
  for_every_size([](std::int64_t rows, std::int64_t classes, DType dtype) {
    const Tensor z = some_logits(rows, classes, dtype), w = some_weights(classes, dtype), dy = Tensor::ones({1}, dtype);
    const Coefficients indices = of_classes(
        rows, classes, dtype, [](std::int64_t) { return 0.0; }, [](std::int64_t) { return 1.0; });
    const Coefficients array = of_array(array_of(indices, rows, dtype));
    const LossesAndGradient a = js_divergence(indices, w, z, dy, Output::each_row);
    const LossesAndGradient b = js_divergence(array, w, z, dy, Output::each_row);
    EXPECT_TRUE(same_bits(a.losses, b.losses)) << rows << " x " << classes;
    EXPECT_TRUE(same_bits(a.dz, b.dz)) << rows << " x " << classes;
  });
}

TEST(JSDivergenceOfRows, GivesTheSameBitsOnAnyThreads) {
  const Tensor z = some_logits(5000, 10, DType::float32), w = some_weights(10, DType::float32), dy = Tensor::ones({1});
  const Coefficients p = of_array(some_distributions(5000, 10, DType::float32));
  testing::expect_same_bits_on_any_threads([&] { return js_divergence(p, w, z, dy, Output::sum).dz; });
  testing::expect_same_bits_on_any_threads([&] { return Tensor::of(js_divergence(p, w, z, dy, Output::sum).sum); });
}

}  // namespace
}  // namespace gibbs::kernels::rows
