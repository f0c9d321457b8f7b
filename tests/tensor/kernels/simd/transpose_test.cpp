// Turning against counting indices, for every number of columns up to two squares and a bit; what may be overwritten
// behind the rows, and what may not.
#include "gibbs/tensor/kernels/simd/transpose.h"

#include <vector>

#include "gibbs/tensor/dtype.h"

namespace gibbs::kernels {
namespace {

constexpr int kRows = 16;
constexpr std::int64_t kCanaries = 64;

template <class T>
class Transpose : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Transpose, Types);

template <class T>
std::vector<T> counted(std::int64_t n) {
  std::vector<T> x;
  for (std::int64_t i = 0; i < n; ++i) {
    x.push_back(static_cast<T>(i + 1));
  }
  return x;
}

TYPED_TEST(Transpose, PutsEntriesOfAllRowsTogether) {
  using T = TypeParam;
  for (std::int64_t classes = 1; classes <= 40; ++classes) {
    for (const std::int64_t rows : {1, 7, 16}) {
      for (const std::int64_t behind : {std::int64_t{0}, kCanaries}) {
        const std::vector<T> x = counted<T>(rows * classes + behind);
        std::vector<T> y(static_cast<std::size_t>(whole_squares<T>(classes) * kRows));
        transpose_rows<kRows>(x.data(), rows, classes, static_cast<std::int64_t>(x.size()), y.data());
        for (std::int64_t i = 0; i < kRows; ++i) {
          for (std::int64_t k = 0; k < classes; ++k) {
            ASSERT_EQ(y[k * kRows + i], x[std::min(i, rows - 1) * classes + k]) << classes << " columns, row " << i;
          }
        }
      }
    }
  }
}

TYPED_TEST(Transpose, TransposesBackWithoutTouchingWhatLiesBehind) {
  using T = TypeParam;
  for (std::int64_t classes = 1; classes <= 40; ++classes) {
    for (const std::int64_t rows : {1, 7, 16}) {
      const std::int64_t room = whole_squares<T>(classes) * kRows;
      const std::vector<T> x = counted<T>(room);
      std::vector<T> y(static_cast<std::size_t>(rows * classes + kCanaries), T{-1});
      std::vector<T> scratch(static_cast<std::size_t>(room + kCanaries), T{-1});
      transpose_back<kRows>(x.data(), rows, classes, scratch.data(), y.data());
      for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t k = 0; k < classes; ++k) {
          ASSERT_EQ(y[i * classes + k], x[k * kRows + i]) << classes << " columns, row " << i;
        }
      }
      for (std::int64_t i = 0; i < kCanaries; ++i) {
        ASSERT_EQ(y[rows * classes + i], -1) << classes << " columns, " << rows << " rows";
        ASSERT_EQ(scratch[room + i], -1) << classes << " columns";
      }
    }
  }
}

TYPED_TEST(Transpose, TransposesBackInPlaceWithAVectorBehindTheRows) {
  using T = TypeParam;
  for (std::int64_t classes = 1; classes <= 40; ++classes) {
    const std::vector<T> x = counted<T>(whole_squares<T>(classes) * kRows);
    std::vector<T> y(static_cast<std::size_t>(kRows * classes + kSquare<T> + kCanaries), T{-1});
    transpose_back_whole<kRows>(x.data(), classes, y.data());
    for (std::int64_t i = 0; i < kRows; ++i) {
      for (std::int64_t k = 0; k < classes; ++k) {
        ASSERT_EQ(y[i * classes + k], x[k * kRows + i]) << classes << " columns, row " << i;
      }
    }
    for (std::int64_t i = 0; i < kCanaries; ++i) {
      ASSERT_EQ(y[kRows * classes + kSquare<T> + i], -1) << classes << " columns";
    }
  }
}

TYPED_TEST(Transpose, LeavesALongRowAsItIs) {
  using T = TypeParam;
  const std::vector<T> x = counted<T>(1000);
  std::vector<T> y(x.size() + 1, T{-1}), back(x.size() + 1, T{-1});
  transpose_rows<1>(x.data(), 1, 1000, 1000, y.data());
  transpose_back<1>(y.data(), 1, 1000, back.data(), back.data());
  EXPECT_EQ(std::vector<T>(y.begin(), y.end() - 1), x);
  EXPECT_EQ(std::vector<T>(back.begin(), back.end() - 1), x);
  EXPECT_EQ(y.back(), -1);
  EXPECT_EQ(back.back(), -1);
}

}  // namespace
}  // namespace gibbs::kernels
