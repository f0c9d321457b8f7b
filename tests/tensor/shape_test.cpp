// Shape and the rules on shapes that ops share.
#include "gibbs/tensor/shape.h"

#include "gibbs/tensor/error.h"

namespace gibbs {
namespace {

using ::testing::ThrowsMessage;

TEST(Shape, AScalarHasNoAxesAndOneElement) {
  const Shape scalar;
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.numel(), 1);
  EXPECT_EQ(to_string(scalar), "[]");
  EXPECT_THAT([&] { scalar[0]; }, ThrowsMessage<Error>("shape: axis 0 does not exist in 0 axes"));
}

TEST(Shape, NegativeAxesCountFromTheEnd) {
  Shape shape{2, 3, 4};
  EXPECT_EQ(shape[-1], 4);
  EXPECT_EQ(shape[-3], 2);
  shape.set(-2, 7);
  EXPECT_EQ(shape, (Shape{2, 7, 4}));
  EXPECT_THAT([&] { shape[3]; }, ThrowsMessage<Error>("shape: axis 3 does not exist in 3 axes"));
  EXPECT_THAT([&] { shape[-4]; }, ThrowsMessage<Error>("shape: axis -4 does not exist in 3 axes"));
}

TEST(Shape, RefusesNegativeSizesAndTooManyAxes) {
  EXPECT_THAT([] { Shape({2, -1}); }, ThrowsMessage<Error>("shape: axis 1 has negative size -1"));
  EXPECT_THAT([] { Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}); }, ThrowsMessage<Error>("shape: at most 8 axes, not 9"));
  const Shape full{1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_THAT([&] { full.followed_by({1}); }, ThrowsMessage<Error>("shape: at most 8 axes, not 9"));
}

TEST(Shape, NumelDoesNotOverflow) {
  constexpr std::int64_t big = std::int64_t{1} << 40;
  EXPECT_EQ((Shape{big, big, 0}).numel(), 0);
  EXPECT_EQ((Shape{big, 1 << 19}).numel(), std::int64_t{1} << 59);
  EXPECT_THAT(
      [] {
        Shape({big, big}).numel();
      },
      ThrowsMessage<Error>("shape: [1099511627776, 1099511627776] has more elements than any memory holds"));
}

TEST(Shape, TakingApartAndPuttingTogether) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape.without(1), (Shape{2, 4}));
  EXPECT_EQ(shape.without(-1), (Shape{2, 3}));
  EXPECT_EQ(shape.with_inserted(0, 9), (Shape{9, 2, 3, 4}));
  EXPECT_EQ(shape.with_inserted(3, 9), (Shape{2, 3, 4, 9}));
  EXPECT_EQ(shape.sub(1, 3), (Shape{3, 4}));
  EXPECT_EQ(shape.sub(1, 1), Shape());
  EXPECT_EQ(shape.followed_by({5}), (Shape{2, 3, 4, 5}));
  EXPECT_FALSE(shape == (Shape{2, 3}));
  EXPECT_THAT([&] { shape.with_inserted(4, 1); },
              ThrowsMessage<Error>("shape: cannot insert before axis 4 of [2, 3, 4]"));
}

TEST(Shape, ReducedShapes) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(reduced_shape(shape, {}, false, "sum"), Shape());
  EXPECT_EQ(reduced_shape(shape, {}, true, "sum"), (Shape{1, 1, 1}));
  EXPECT_EQ(reduced_shape(shape, {-1, 0}, false, "sum"), (Shape{3}));
  EXPECT_EQ(reduced_shape(shape, {1}, true, "sum"), (Shape{2, 1, 4}));
  EXPECT_THAT([&] { reduced_shape(shape, {2, -1}, true, "sum"); }, ThrowsMessage<Error>("sum: axis -1 is given twice"));
  EXPECT_THAT([&] { reduced_shape(shape, {3}, true, "sum"); },
              ThrowsMessage<Error>("sum: axis 3 does not exist in 3 axes"));
}

TEST(Shape, BroadcastingIsNumPys) {
  EXPECT_EQ(broadcast_shapes({2, 1, 4}, {3, 1}, "add"), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast_shapes({}, {3, 1}, "add"), (Shape{3, 1}));
  EXPECT_EQ(broadcast_shapes({1}, {0}, "add"), (Shape{0}));
  EXPECT_THAT(
      [] {
        broadcast_shapes({3}, {2, 4}, "add");
      },
      ThrowsMessage<Error>("add: shapes [3] and [2, 4] do not broadcast: axis -1 has 3 and 4; sizes must be "
                           "equal or 1"));
  EXPECT_THAT([] { broadcast_shapes({2, 0}, {3}, "add"); }, ::testing::Throws<Error>());
}

TEST(Shape, BroadcastsTo) {
  EXPECT_TRUE(broadcasts_to({3, 1}, {2, 3, 4}));
  EXPECT_TRUE(broadcasts_to({}, {2}));
  EXPECT_TRUE(broadcasts_to({1}, {0}));
  EXPECT_FALSE(broadcasts_to({2, 3, 4}, {3, 4}));
  EXPECT_FALSE(broadcasts_to({3}, {1}));
  EXPECT_FALSE(broadcasts_to({0}, {1}));
}

}  // namespace
}  // namespace gibbs
