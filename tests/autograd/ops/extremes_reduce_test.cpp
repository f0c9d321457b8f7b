// Sums, means, variances, products, pooling, logsumexp and softmax of extreme numbers, values and gradients, against
// sums in quadruple precision: no partial result overflows, none is lost beside a larger one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/kernels/softmax.h"
#include "tests/autograd/ops/extremes.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/wide.h"

namespace gibbs::testing {
namespace {

using Quad = Wide;
using Row = std::vector<double>;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsNan;

Quad mean_of(const Row& x) {
  Quad total = 0;
  for (const double v : x) {
    total += v;
  }
  return total / static_cast<Quad>(x.size());
}

Quad variance_of(const Row& x, int correction) {
  const Quad mean = mean_of(x);
  Quad total = 0;
  for (const double v : x) {
    total += (v - mean) * (v - mean);
  }
  return total / static_cast<Quad>(static_cast<int>(x.size()) - correction);
}

/// Rows of numbers that T can hold.
template <class T>
std::vector<Row> rows() {
  const double max = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::denorm_min();
  std::vector<Row> all = {{max, max, max, max},
                          {max, max, -max, -max, 1},
                          {max, -max, max, -max},
                          {max / 4, max / 2, -max / 2, 3},
                          {least, least, least},
                          {least, -least, 2 * least},
                          {1e30, 1, -1e30},
                          {1, 1, 1},
                          {1e8, 1e8 + 8},
                          {1e8, 1e8 + 8, 1e8 + 16},
                          {-1e-30, 1e-30, 3e-30},
                          {0, 0, 5},
                          {max, 1, 2},
                          {1e15, -1e-15, 2, 7},
                          {7}};
  if (sizeof(T) == sizeof(double)) {
    all.insert(all.end(), {{1e16, 1e16 + 2},
                           {1e16 + 2, 1e16 + 4, 1e16 + 4},
                           {2e154, 0, 1e154},
                           {1e-160, 3e-160},
                           {1e200, -1e200},
                           {1e-200, 3e-200, 1e-100}});
  }
  for (Row& row : all) {
    for (double& v : row) {
      v = static_cast<double>(static_cast<T>(v));
    }
  }
  return all;
}

template <class T>
void expect_moments() {
  for (const Row& row : rows<T>()) {
    const Variable x = Variable::leaf(tensor_of<T>(row));
    const auto n = static_cast<Quad>(row.size());
    const auto what = [&] { return "of " + to_string(x.value()); };
    const long double largest =
        *std::max_element(row.begin(), row.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    // Sums cancel: they are exact to a few units of float64 at their largest term.
    const long double slack = std::abs(largest) * 4 * std::numeric_limits<double>::epsilon();
    const auto close = [&](double actual, Quad exact, long double absolute) {
      const auto e = static_cast<long double>(exact);
      return ulps<T>(actual, e) <= 1 || std::abs(static_cast<long double>(actual) - e) <= absolute;
    };
    const double total = sum(x).value().item(), average = mean(x).value().item();
    EXPECT_TRUE(close(total, mean_of(row) * n, slack)) << "sum " << what() << " is " << total;
    EXPECT_TRUE(close(average, mean_of(row), slack)) << "mean " << what() << " is " << average;
    EXPECT_EQ(average, kernels::mean(x.value()).item());
    for (const double slope : gradient_of(mean(x), x)) {
      EXPECT_EQ(slope, static_cast<double>(T{1} / static_cast<T>(row.size())));
    }
    for (int correction = 0; correction < 2 && static_cast<std::size_t>(correction) < row.size(); ++correction) {
      const auto exact = static_cast<long double>(variance_of(row, correction));
      const double found = var(x, {}, false, correction).value().item();
      EXPECT_LE(ulps<T>(found, exact), 4) << "var " << what() << " is " << found;
      const Row slopes = gradient_of(var(x, {}, false, correction), x);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const Quad slope = 2 * (row[i] - mean_of(row)) / (n - correction);
        EXPECT_TRUE(ulps<T>(slopes[i], static_cast<long double>(slope)) <= 3 || close(slopes[i], slope, 4 * slack))
            << "var' " << what() << ": " << slopes[i] << ", exactly " << static_cast<double>(slope);
      }
    }
  }
}

TEST(Extremes, OfSumsMeansAndVariances) {
  expect_moments<float>();
  expect_moments<double>();
}

TEST(Extremes, MeansOfInfinitiesAndNaN) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto of = [dtype](const NestedList& list) { return Variable(Tensor::of(list, dtype)); };
    EXPECT_EQ(mean(of({kInfinity, 1, 2})).value().item(), kInfinity);
    EXPECT_EQ(sum(of({-kInfinity, 1e30})).value().item(), -kInfinity);
    EXPECT_THAT(mean(of({kInfinity, -kInfinity})).value().item(), IsNan());
    EXPECT_THAT(sum(of({kNaN, 1})).value().item(), IsNan());
    EXPECT_THAT(var(of({kInfinity, 1})).value().item(), IsNan());
  }
  const Variable huge = f64({{1e308, 1e308, 1e308}, {1, 2, 6}});
  EXPECT_THAT(mean(huge, {1}).value().to_vector(), ElementsAre(1e308, 3)) << "the other row keeps its digits";
  EXPECT_EQ(sum(huge).value().item(), kInfinity);
}

TEST(Extremes, OfAveragePooling) {
  const auto pool = [](const Variable& x) { return avg_pool2d(x, {.window_h = 2, .window_w = 2}); };
  for (const DType dtype : {DType::float32, DType::float64}) {
    const double most = dtype == DType::float32 ? 3e38 : 1.5e308,
                 least = dtype == DType::float32 ? 0x1p-149 : 0x1p-1074;
    for (const double number : {most, -most, least, 1.0 / 3}) {
      const Variable x = Variable::leaf(Tensor::full({1, 2, 2, 3}, number, dtype));
      EXPECT_EQ(pool(x).value().to_vector(), Row(3, x.value().at({0, 0, 0, 0}))) << number;
      EXPECT_THAT(gradient_of(pool(x), x), Each(0.25));
    }
    EXPECT_THAT(pool(Tensor::full({1, 2, 2, 1}, kInfinity, dtype)).value().item(), kInfinity);
  }
  const Variable x = Variable::leaf(Tensor::ones({1, 3, 3, 1}));
  EXPECT_THAT(gradient_of(avg_pool2d(x, {.window_h = 3, .window_w = 3}), x), Each(static_cast<double>(1.F / 9)));
}

TEST(Extremes, OfProducts) {
  const auto expect = [](const Row& row, DType dtype) {
    const Variable x = Variable::leaf(Tensor::from(row, {static_cast<std::int64_t>(row.size())}));
    const Variable at = Variable::leaf(kernels::cast(x.value(), dtype));
    const Row numbers = at.value().to_vector();
    const Row slopes = gradient_of(prod(at), at);
    for (std::size_t i = 0; i <= row.size(); ++i) {  // without factor i; all of them at the end
      Quad exact = 1;
      for (std::size_t k = 0; k < row.size(); ++k) {
        exact *= k == i ? Quad{1} : static_cast<Quad>(numbers[k]);
      }
      const double found = i < row.size() ? slopes[i] : prod(at).value().item();
      const auto e = static_cast<long double>(exact);
      EXPECT_LE(dtype == DType::float32 ? ulps<float>(found, e) : ulps<double>(found, e), 3)
          << to_string(at.value()) << " without " << i << " is " << found;
    }
  };
  for (const DType dtype : {DType::float32, DType::float64}) {
    expect({1e30, 1e-30, 1e30, 1e-30}, dtype);
    expect({1e30, 1e30, 1e-30, 1e-30, 2}, dtype);
    expect({3e38, 3e38, 3e-38, 3e-38}, dtype);
    expect({0, 1e30, 1e-30}, dtype);
    expect({0, 0, 5}, dtype);
    expect({1e-38, 1e38, -1}, dtype);
  }
}

TEST(Extremes, OfLogsumexp) {
  const auto check_row = [](const Row& row, DType dtype) {
    const Variable x = Variable::leaf(kernels::cast(Tensor::from(row, {static_cast<std::int64_t>(row.size())}), dtype));
    const Row numbers = x.value().to_vector();
    const auto largest = static_cast<long double>(*std::max_element(numbers.begin(), numbers.end()));
    long double others = -1;  // the largest itself is 1
    for (const double v : numbers) {
      others += std::exp(static_cast<long double>(v) - largest);
    }
    const auto units = [&](double found, long double exact) {
      return dtype == DType::float32 ? ulps<float>(found, exact) : ulps<double>(found, exact);
    };
    if (numbers.size() == 2) {
      others = std::exp(static_cast<long double>(*std::min_element(numbers.begin(), numbers.end())) - largest);
    }
    EXPECT_LE(units(logsumexp(x).value().item(), largest + std::log1p(others)), 2) << to_string(x.value());
    const Row slopes = gradient_of(logsumexp(x), x), shares = softmax(x).value().to_vector(),
              logs = log_softmax(x).value().to_vector();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const long double log_share = static_cast<long double>(numbers[i]) - largest - std::log1p(others);
      EXPECT_LE(units(slopes[i], std::exp(log_share)), 4) << "logsumexp' of " << to_string(x.value());
      EXPECT_LE(units(shares[i], std::exp(log_share)), 4) << "softmax of " << to_string(x.value());
      EXPECT_LE(units(logs[i], log_share), 3) << "log_softmax of " << to_string(x.value()) << ": " << logs[i];
    }
  };
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Row& row : {Row{0, -50},
                           {-50, 0},
                           {50, 0},
                           {1e8, 1e8},
                           {1e30, 1e30},
                           {-1e30, -1e30},
                           {0, 0},
                           {3e38, -3e38},
                           {0, -87},
                           {1e8, 1e8 + 8},
                           {-kInfinity, 3},
                           {7},
                           {1, 2, 3},
                           {0, -kInfinity, 0}}) {
      check_row(row, dtype);
    }
  }
}

TEST(Extremes, RowsWithoutASoftmax) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto leaf = [dtype](const NestedList& list) { return Variable::leaf(Tensor::of(list, dtype)); };
    const Variable none = leaf({-kInfinity, -kInfinity}), infinite = leaf({kInfinity, 1}), unknown = leaf({kNaN, 1});
    for (const Variable& x : {none, infinite, unknown}) {
      EXPECT_THAT(softmax(x).value().to_vector(), Each(IsNan()));
      EXPECT_THAT(log_softmax(x).value().to_vector(), Each(IsNan()));
    }
    EXPECT_EQ(logsumexp(none).value().item(), -kInfinity);
    EXPECT_THAT(gradient_of(logsumexp(none), none), ElementsAre(0, 0));
    EXPECT_EQ(logsumexp(infinite).value().item(), kInfinity);
    EXPECT_THAT(gradient_of(logsumexp(infinite), infinite), ElementsAre(IsNan(), 0));
    EXPECT_THAT(gradient_of(logsumexp(unknown), unknown), Each(IsNan()));
  }
}

TEST(Extremes, AnAxisWithoutElements) {
  const Variable x = Variable::leaf(Tensor::zeros({3, 0}));
  for (const auto& op : {&softmax, &log_softmax}) {
    const Variable y = op(x, -1);
    EXPECT_EQ(y.shape(), Shape({3, 0}));
    EXPECT_EQ(grad(y, {x}, Tensor::zeros({3, 0}), {.create_graph = true})[0].shape(), Shape({3, 0}));
  }
  EXPECT_EQ(grad(logsumexp(x, {1}), {x}, Tensor::zeros({3}), {.create_graph = true})[0].shape(), Shape({3, 0}));
}

}  // namespace
}  // namespace gibbs::testing
