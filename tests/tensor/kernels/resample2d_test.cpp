// Resampling: the weights of an axis, sums in double, what is not finite, threads.
#include "gibbs/tensor/kernels/resample2d.h"

#include <gtest/gtest.h>

#include <limits>

#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/tensor/kernels/convolution_testing.h"
#include "tests/tensor/kernels/kernel_oracle.h"

namespace gibbs::kernels {
namespace {

/// As a full matrix [outputs, inputs].
std::vector<std::vector<double>> matrix(const AxisWeights& weights) {
  std::vector<std::vector<double>> rows;
  for (std::int64_t i = 0; i < weights.outputs(); ++i) {
    std::vector<double>& row = rows.emplace_back(static_cast<std::size_t>(weights.inputs()));
    for (const AxisWeights::Tap& tap : weights.of(i)) {
      row[static_cast<std::size_t>(tap.from)] += tap.weight;
    }
  }
  return rows;
}

using Matrix = std::vector<std::vector<double>>;

TEST(AxisWeights, OfTheNearestInput) {
  EXPECT_EQ(matrix(AxisWeights::nearest(2, 4)), (Matrix{{1, 0}, {1, 0}, {0, 1}, {0, 1}}));
  EXPECT_EQ(matrix(AxisWeights::nearest(3, 2)), (Matrix{{1, 0, 0}, {0, 1, 0}}));
  // 7 / 49 times 49 / 7 is no whole number in float32; whole numbers know better
  const AxisWeights sevenths = AxisWeights::nearest(7, 49);
  for (std::int64_t i = 0; i < 49; ++i) {
    EXPECT_EQ(sevenths.of(i)[0].from, i / 7);
  }
}

TEST(AxisWeights, OfALineBetweenTwoInputs) {
  EXPECT_EQ(matrix(AxisWeights::linear(2, 4)), (Matrix{{1, 0}, {.75, .25}, {.25, .75}, {0, 1}}));
  EXPECT_EQ(matrix(AxisWeights::linear(3, 5, true)),
            (Matrix{{1, 0, 0}, {.5, .5, 0}, {0, 1, 0}, {0, .5, .5}, {0, 0, 1}}));
  EXPECT_EQ(matrix(AxisWeights::linear(4, 2)), (Matrix{{.5, .5, 0, 0}, {0, 0, .5, .5}}));
  EXPECT_EQ(matrix(AxisWeights::linear(3, 1, true)), (Matrix{{1, 0, 0}}));
  EXPECT_EQ(matrix(AxisWeights::linear(3, 1)), (Matrix{{0, 1, 0}}));
  EXPECT_EQ(matrix(AxisWeights::linear(1, 3, true)), (Matrix{{1}, {1}, {1}}));
}

TEST(AxisWeights, OfMeans) {
  EXPECT_EQ(matrix(AxisWeights::means(4, 2)), (Matrix{{.5, .5, 0, 0}, {0, 0, .5, .5}}));
  EXPECT_EQ(matrix(AxisWeights::means(3, 2)), (Matrix{{.5, .5, 0}, {0, .5, .5}}));
  EXPECT_EQ(matrix(AxisWeights::means(2, 3)), (Matrix{{1, 0}, {.5, .5}, {0, 1}}));
}

TEST(AxisWeights, Transposed) {
  const AxisWeights weights = AxisWeights::linear(3, 7);
  const Matrix a = matrix(weights), t = matrix(weights.transposed());
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < t.size(); ++j) {
      EXPECT_EQ(a[i][j], t[j][i]);
    }
  }
  EXPECT_EQ(matrix(weights.transposed().transposed()), a);
  EXPECT_EQ(matrix(AxisWeights::nearest(3, 2).transposed()), (Matrix{{1, 0}, {0, 1}, {0, 0}}));
}

TEST(Resample2d, IsTheProductOfBothMatrices) {
  for (const std::int64_t channels : {1, 3, 130}) {
    const AxisWeights rows = AxisWeights::linear(5, 8), columns = AxisWeights::means(7, 3);
    const Matrix a = matrix(rows), b = matrix(columns);
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = random_tensor({2, 5, 7, channels}, dtype, 1);
      std::vector<double> expected;
      for (std::int64_t n = 0; n < 2; ++n) {
        for (const std::vector<double>& row : a) {
          for (const std::vector<double>& column : b) {
            for (std::int64_t c = 0; c < channels; ++c) {
              double sum = 0;
              for (std::size_t h = 0; h < row.size(); ++h) {
                for (std::size_t w = 0; w < column.size(); ++w) {
                  sum += row[h] * column[w] * x.at({n, static_cast<std::int64_t>(h), static_cast<std::int64_t>(w), c});
                }
              }
              expected.push_back(sum);
            }
          }
        }
      }
      expect_near(resample2d(x, rows, columns), expected, dtype);
    }
  }
}

TEST(Resample2d, NumbersThatAreNotFiniteStayWhereTheyCount) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor x = Tensor::from(std::vector<double>{1, infinity, 3}, {1, 1, 3, 1});
  const AxisWeights row = AxisWeights::nearest(1, 1);
  EXPECT_EQ(resample2d(x, row, AxisWeights::linear(3, 5, true)).to_vector(),
            (std::vector<double>{1, infinity, infinity, infinity, 3}));
}

TEST(Resample2d, AMeanOfManyNumbersIsExactInFloat32AndOfLargeOnesFinite) {
  const AxisWeights all = AxisWeights::means(1000, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(resample2d(Tensor::full({1, 1000, 1000, 1}, .1), all, all).item()), .1F);
  const Tensor large = Tensor::full({1, 1000, 1000, 1}, 1.5e308, DType::float64);
  EXPECT_NEAR(resample2d(large, all, all).item() / 1.5e308, 1, 1e-12);
}

TEST(Resample2d, SameBitsOnAnyNumberOfThreads) {
  const AxisWeights rows = AxisWeights::linear(30, 60), columns = AxisWeights::linear(30, 45, true);
  const Tensor x = random_tensor({8, 30, 30, 24}, DType::float32, 1),
               dy = random_tensor({8, 60, 45, 24}, DType::float32, 2);
  expect_same_bits_on_any_threads([&] {
    return std::vector<Tensor>{resample2d(x, rows, columns), resample2d(dy, rows.transposed(), columns.transposed())};
  });
}

TEST(Resample2d, WithoutImagesOrChannels) {
  const AxisWeights twice = AxisWeights::nearest(2, 4);
  EXPECT_EQ(resample2d(Tensor::ones({0, 2, 2, 3}), twice, twice).shape(), Shape({0, 4, 4, 3}));
  EXPECT_EQ(resample2d(Tensor::ones({1, 2, 2, 0}), twice, twice).shape(), Shape({1, 4, 4, 0}));
}

}  // namespace
}  // namespace gibbs::kernels
