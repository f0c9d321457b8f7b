// -sum c ln softmax(z) and its gradient against loops over one row, for coefficients of every kind.
#include "gibbs/tensor/kernels/rows/cross_entropy.h"

#include <limits>

#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/tensor/kernels/rows/rows_testing.h"

namespace gibbs::kernels::rows {
namespace {

void expect_right(const std::string& what, const Coefficients& c, const Tensor& z) {
  const auto kernel = [&](const Tensor& logits, const Tensor& dy, Output output) {
    return cross_entropy(c, logits, dy, output);
  };
  expect_kernel(what, z, kernel, [&](const Numbers& row, std::int64_t n) {
    const Numbers q = softmax_of(row), c_n = row_of(c, n);
    const double sum_of_c = sum_of(c_n);
    Expected expected{.loss = 0, .dz = {}};
    for (std::size_t k = 0; k < q.size(); ++k) {
      expected.loss -= c_n[k] * std::log(q[k]);
      expected.dz.push_back(q[k] * sum_of_c - c_n[k]);
    }
    return expected;
  });
}

TEST(CrossEntropyOfRows, IsRightForEveryNumberOfRowsAndClasses) {
  for_every_size([](std::int64_t rows, std::int64_t classes, DType dtype) {
    const Tensor z = some_logits(rows, classes, dtype);
    const auto zero = [](std::int64_t) { return 0.0; };
    const auto one = [](std::int64_t) { return 1.0; };
    const double share = .1 / static_cast<double>(classes);
    const auto smoothed = [&](std::int64_t k) { return some_weight(k) * (.9 + share); };
    const auto others_of_smoothed = [&](std::int64_t k) { return some_weight(k) * share; };
    expect_right("one-hot", of_classes(rows, classes, dtype, zero, one), z);
    expect_right("weighted one-hot", of_classes(rows, classes, dtype, zero, some_weight), z);
    expect_right("weighted smoothed", of_classes(rows, classes, dtype, others_of_smoothed, smoothed), z);
    expect_right("an array", of_array(some_distributions(rows, classes, dtype)), z);
  });
}

TEST(CrossEntropyOfRows, CostNothingWhereTheCoefficientIsZero) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor z = Tensor::of({{0, -inf, 0}, {0, -inf, 0}});
  const Tensor dy = Tensor::ones({1});
  const LossesAndGradient found =
      cross_entropy(of_array(Tensor::of({{.5, 0, .5}, {0, 1, 0}})), z, dy, Output::each_row);
  EXPECT_FLOAT_EQ(found.losses.at<float>({0}), std::log(2.f));
  EXPECT_EQ(found.losses.at({1}), inf);
  EXPECT_EQ(found.dz.to_vector(), (Numbers{0, 0, 0, .5, -1, .5}));
}

TEST(CrossEntropyOfRows, GivesTheSameBitsOnAnyThreads) {
  const Tensor z = some_logits(5000, 10, DType::float32), dy = Tensor::ones({1});
  const Coefficients c = of_array(some_distributions(5000, 10, DType::float32));
  testing::expect_same_bits_on_any_threads([&] { return cross_entropy(c, z, dy, Output::sum).dz; });
  testing::expect_same_bits_on_any_threads([&] { return Tensor::of(cross_entropy(c, z, dy, Output::sum).sum); });
}

}  // namespace
}  // namespace gibbs::kernels::rows
