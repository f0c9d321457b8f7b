// cast: every pair of dtypes, and the values that a plain conversion would leave undefined.
#include <limits>

#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using ::testing::ElementsAre;

constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64, DType::uint8};

TEST(Cast, SmallIntegersSurviveEveryPairOfDtypes) {
  for (DType from : kAll) {
    for (DType to : kAll) {
      const Tensor x = Tensor::of({{0, 1, 200}}, from), y = cast(x, to);
      EXPECT_EQ(y.dtype(), to);
      EXPECT_EQ(y.shape(), x.shape());
      EXPECT_THAT(y.to_vector(), ElementsAre(0, 1, 200));
      EXPECT_FALSE(y.shares_storage_with(x));
    }
  }
}

TEST(Cast, FloatsTruncateTowardZeroAndSaturate) {
  for (DType from : {DType::float32, DType::float64}) {
    const Tensor x = Tensor::of({1.9, -1.9, 255.5, 300, -kInfinity, kInfinity, kNaN, 1e30}, from);
    EXPECT_THAT(cast(x, DType::uint8).to_vector(), ElementsAre(1, 0, 255, 255, 0, 255, 0, 255));
    const auto integers = cast(x, DType::int64);
    const std::int64_t low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
    EXPECT_THAT(integers.values<std::int64_t>(), ElementsAre(1, -1, 255, 300, low, high, 0, high));
  }
}

TEST(Cast, WideIntegersKeepTheirLowBitsAndLargeFloatsBecomeInfinite) {
  EXPECT_THAT(cast(Tensor::of({256 + 7, -1}, DType::int64), DType::uint8).to_vector(), ElementsAre(7, 255));
  EXPECT_THAT(cast(Tensor::of({1e300, -1e300}, DType::float64), DType::float32).to_vector(),
              ElementsAre(kInfinity, -kInfinity));
}

}  // namespace
}  // namespace gibbs::kernels
