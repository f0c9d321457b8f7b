// Comparisons and selection, on every dtype, with NaN and broadcasting.

#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::error_of;
using ::testing::ElementsAre;

TEST(Compare, GivesUint8OnEveryDtype) {
  for (DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    const Tensor a = Tensor::of({1, 2, 3}, dtype), b = Tensor::of({2, 2, 2}, dtype);
    EXPECT_EQ(less(a, b).dtype(), DType::uint8);
    EXPECT_THAT(equal(a, b).to_vector(), ElementsAre(0, 1, 0));
    EXPECT_THAT(not_equal(a, b).to_vector(), ElementsAre(1, 0, 1));
    EXPECT_THAT(less(a, b).to_vector(), ElementsAre(1, 0, 0));
    EXPECT_THAT(less_equal(a, b).to_vector(), ElementsAre(1, 1, 0));
    EXPECT_THAT(greater(a, b).to_vector(), ElementsAre(0, 0, 1));
    EXPECT_THAT(greater_equal(a, b).to_vector(), ElementsAre(0, 1, 1));
    EXPECT_THAT(equal(a, 2).to_vector(), ElementsAre(0, 1, 0));
    EXPECT_THAT(less(a, 2).to_vector(), ElementsAre(1, 0, 0));
    EXPECT_THAT(greater(a, 2).to_vector(), ElementsAre(0, 0, 1));
    EXPECT_THAT(isfinite(a).to_vector(), ElementsAre(1, 1, 1));
  }
}

TEST(Compare, NothingIsEqualToNanOrOrderedWithIt) {
  const Tensor x = Tensor::of({kNaN, 1}), one = Tensor::of(1);
  EXPECT_THAT(equal(x, one).to_vector(), ElementsAre(0, 1));
  EXPECT_THAT(not_equal(x, one).to_vector(), ElementsAre(1, 0));
  EXPECT_THAT(less_equal(x, one).to_vector(), ElementsAre(0, 1));
  EXPECT_THAT(greater_equal(x, one).to_vector(), ElementsAre(0, 1));
  EXPECT_THAT(isfinite(Tensor::of({kNaN, kInfinity, -kInfinity, 3e38, 0})).to_vector(), ElementsAre(0, 0, 0, 1, 1));
}

TEST(Where, SelectsWithEveryPatternOfBroadcasting) {
  const Shape shape{2, 3, 4};
  for (int pattern = 0; pattern < 512; ++pattern) {
    Shape shapes[3] = {shape, shape, shape};
    for (int bit = 0; bit < 9; ++bit) {
      if (pattern >> bit & 1) {
        shapes[bit / 3].set(bit % 3, 1);
      }
    }
    const Tensor condition = greater(gibbs::testing::random_tensor(shapes[0]), 0);
    const Tensor a = gibbs::testing::random_tensor(shapes[1], DType::float32, 0, 1);
    const Tensor b = gibbs::testing::random_tensor(shapes[2], DType::float32, 2, 3);
    const Tensor y = where(condition, a, b);
    const auto c = gibbs::testing::repeated(condition, y.shape()), p = gibbs::testing::repeated(a, y.shape()),
               q = gibbs::testing::repeated(b, y.shape()), got = y.to_vector();
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i], c[i] != 0 ? p[i] : q[i]) << "pattern " << pattern << " at " << i;
    }
  }
}

TEST(Compare, NanIsTheSameAsNan) {
  const Tensor a = Tensor::of({1, kNaN, kNaN, kInfinity, 0}), b = Tensor::of({1, kNaN, 2, kInfinity, -0.0});
  EXPECT_THAT(same(a, b).to_vector(), ElementsAre(1, 1, 0, 1, 1));
  EXPECT_THAT(same(Tensor::of({1, 2}, DType::int64), Tensor::of({1, 3}, DType::int64)).to_vector(), ElementsAre(1, 0));
}

TEST(Where, TheOtherOperandsNanDoesNotLeak) {
  const Tensor y =
      where(Tensor::of({1, 0, 2}, DType::uint8), Tensor::of({1, kNaN, 3}), Tensor::of({kNaN, 2, kInfinity}));
  EXPECT_THAT(y.to_vector(), ElementsAre(1, 2, 3));
}

TEST(Compare, ErrorsKeepTheOrderOfTheOperands) {
  const Tensor a = Tensor::ones({3}), b = Tensor::ones({2});
  EXPECT_EQ(error_of([&] { greater(a, b); }),
            "greater: shapes [3] and [2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1");
  EXPECT_EQ(error_of([&] { where(a, a, a); }), "where: the condition is float32, not uint8; make it with a comparison");
  EXPECT_EQ(error_of([&] { less(Tensor::ones({3}, DType::uint8), 0.5); }),
            "less: 0.5 is not a value of uint8; cast the tensor first");
}

}  // namespace
}  // namespace gibbs::kernels
