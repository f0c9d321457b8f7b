// Tensor: creation, elements, views, copies and versions.
#include "gibbs/tensor/tensor.h"

#include <limits>

namespace gibbs {
namespace {

using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

TEST(Tensor, AnUndefinedTensorHasNothingAndSaysSo) {
  Tensor none;
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(none.numel(), 0);
  EXPECT_TRUE(none.to_vector().empty());
  EXPECT_FALSE(none.clone().defined());
  EXPECT_THAT([&] { none.at({}); }, ThrowsMessage<Error>("tensor: an undefined tensor has no elements"));
  EXPECT_THAT([&] { none.set({}, 1); }, ThrowsMessage<Error>("tensor: an undefined tensor has no elements"));
  EXPECT_THAT([&] { none.item(); }, ThrowsMessage<Error>("item: needs a tensor of one element, not of shape []"));
  Tensor scalar = Tensor::of(3);
  EXPECT_THAT([&] { scalar.copy_from(none); }, ThrowsMessage<Error>("copy_from: the source is undefined"));
  EXPECT_THAT([&] { none.copy_from(scalar); }, ThrowsMessage<Error>("copy_from: the target is undefined"));
}

TEST(Tensor, Creation) {
  EXPECT_THAT(Tensor::zeros({2}).to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(Tensor::ones({2}, DType::uint8).to_vector(), ElementsAre(1, 1));
  EXPECT_THAT(Tensor::full({2}, 2.5, DType::float64).to_vector(), ElementsAre(2.5, 2.5));
  EXPECT_THAT(Tensor::eye(2, DType::int64).to_vector(), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(Tensor::arange(0, 1, 0.25).to_vector(), ElementsAre(0, 0.25, 0.5, 0.75));
  EXPECT_THAT(Tensor::arange(5, 0, -2).to_vector(), ElementsAre(5, 3, 1));
  EXPECT_EQ(Tensor::arange(1, 0).shape(), Shape({0}));
  EXPECT_EQ(Tensor::zeros({3, 0}).numel(), 0);
  EXPECT_TRUE(Tensor::zeros({0}).defined());
  EXPECT_EQ(Tensor::zeros({}).numel(), 1);
}

TEST(Tensor, NestedBraces) {
  EXPECT_EQ(Tensor::of(5).shape(), Shape());
  EXPECT_EQ(Tensor::of({5}).shape(), (Shape{1}));
  EXPECT_EQ(Tensor::of({{1, 2, 3}}).shape(), (Shape{1, 3}));
  const Tensor x = Tensor::of({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}, DType::int64);
  EXPECT_EQ(x.shape(), (Shape{2, 2, 2}));
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(
      [] {
        Tensor::of({{1, 2}, {3}});
      },
      ThrowsMessage<Error>("Tensor::of: rows of a nested list have shapes [2] and [1]; they must be equal"));
}

TEST(Tensor, FromCopies) {
  std::vector<float> values{1, 2, 3, 4};
  const Tensor x = Tensor::from(values, {2, 2});
  values[0] = 9;
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(x.dtype(), DType::float32);
  EXPECT_THAT([&] { Tensor::from(values, {3}); }, ThrowsMessage<Error>("Tensor::from: 4 values do not fill shape [3]"));
}

TEST(Tensor, ValuesMustFitAWholeNumberDType) {
  EXPECT_EQ(Tensor::full({}, 255.5, DType::uint8).item(), 255);
  EXPECT_EQ(Tensor::full({}, -0x1p63, DType::int64).item(), -0x1p63);
  EXPECT_THAT([] { Tensor::full({2}, 256, DType::uint8); }, ThrowsMessage<Error>("fill: 256 does not fit uint8"));
  EXPECT_THAT([] { Tensor::of({-1}, DType::uint8); }, ThrowsMessage<Error>("Tensor::of: -1 does not fit uint8"));
  EXPECT_THAT([] { Tensor::zeros({1}, DType::int64).set({0}, std::numeric_limits<double>::quiet_NaN()); },
              ThrowsMessage<Error>("set: nan does not fit int64"));
  EXPECT_THAT([] { Tensor::full({}, 0x1p63, DType::int64); }, ::testing::Throws<Error>());
  EXPECT_NO_THROW(Tensor::arange(0, 300, 100, DType::uint8));
}

TEST(Tensor, ArangeChecksItsStep) {
  EXPECT_THAT([] { Tensor::arange(0, 1, 0); }, ThrowsMessage<Error>("arange: step 0 never reaches 1 from 0"));
  EXPECT_THAT([] { Tensor::arange(0, 1e300); },
              ThrowsMessage<Error>("arange: 1e+300 elements are more than any memory holds"));
}

TEST(Tensor, ElementsByIndex) {
  Tensor x = Tensor::of({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(x.at({1, 2}), 6);
  EXPECT_EQ(x.at<std::int64_t>({-2, -1}), 3);
  x.set({0, 1}, 7);
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 7, 3, 4, 5, 6));
  EXPECT_THAT([&] { x.at({2, 0}); }, ThrowsMessage<Error>("tensor: index 2 is outside axis 0 of [2, 3]"));
  EXPECT_THAT([&] { x.at({0}); }, ThrowsMessage<Error>("tensor: 1 indices for shape [2, 3]"));
  EXPECT_THAT([&] { x.data<double>(); },
              ThrowsMessage<Error>("tensor: elements are float32, not float64; convert with cast"));
  EXPECT_THAT([&] { x.item(); }, ThrowsMessage<Error>("item: needs a tensor of one element, not of shape [2, 3]"));
}

TEST(Tensor, ViewsShareElements) {
  Tensor x = Tensor::arange(0, 12).reshape({3, 4});
  Tensor row = x[-1];
  EXPECT_THAT(row.to_vector(), ElementsAre(8, 9, 10, 11));
  EXPECT_THAT(x.rows(1, 2).reshape({2, -1})[1].to_vector(), ElementsAre(6, 7));
  EXPECT_TRUE(row.shares_storage_with(x));
  row.fill(5);
  EXPECT_EQ(x.at({2, 0}), 5);
  EXPECT_EQ(x.at({1, 3}), 7);
  EXPECT_EQ(x.rows(3, 3).shape(), (Shape{0, 4}));
  EXPECT_THAT([&] { x[3]; }, ThrowsMessage<Error>("tensor: index 3 is outside axis 0 of [3, 4]"));
  EXPECT_THAT([&] { x.rows(2, 4); }, ThrowsMessage<Error>("tensor: rows [2, 4) are outside [3, 4]"));
  EXPECT_THAT([] { Tensor::of(1)[0]; }, ThrowsMessage<Error>("tensor: a scalar has no leading axis to index"));
  EXPECT_THAT([] { Tensor::of(1).rows(0, 1); }, ThrowsMessage<Error>("tensor: a scalar has no rows"));
}

TEST(Tensor, Reshape) {
  const Tensor x = Tensor::arange(0, 12);
  EXPECT_EQ(x.reshape({3, -1, 2}).shape(), (Shape{3, 2, 2}));
  EXPECT_EQ(Tensor::zeros({0, 3}).reshape({-1, 3}).shape(), (Shape{0, 3}));
  EXPECT_THAT([&] { x.reshape({5, 2}); }, ThrowsMessage<Error>("reshape: [12] has 12 elements, [5, 2] has 10"));
  EXPECT_THAT([&] { x.reshape({-1, -1}); }, ThrowsMessage<Error>("reshape: only one size may be -1"));
  EXPECT_THAT([&] { x.reshape({-1, 5}); }, ThrowsMessage<Error>("reshape: 12 elements of [12] are not divisible by 5"));
  EXPECT_THAT([&] { x.reshape({0, -1}); }, ::testing::Throws<Error>());
}

TEST(Tensor, CopiesAreCopies) {
  Tensor x = Tensor::arange(0, 200'000);  // several pieces
  Tensor y = x.rows(7, 200'000).clone();
  EXPECT_FALSE(y.shares_storage_with(x));
  EXPECT_EQ(y.to_vector(), x.rows(7, 200'000).to_vector());
  EXPECT_THAT([&] { x.copy_from(y); },
              ThrowsMessage<Error>("copy_from: the target is [200000] float32, the source [199993] float32"));
}

TEST(Tensor, CopyingBetweenOverlappingViews) {
  const Tensor original = Tensor::arange(0, 300'000);
  for (const bool up : {true, false}) {
    Tensor x = original.clone();
    Tensor low = x.rows(0, 299'000), high = x.rows(1000, 300'000);
    (up ? high : low).copy_from(up ? low : high);
    EXPECT_EQ((up ? high : low).to_vector(), original.rows(up ? 0 : 1000, up ? 299'000 : 300'000).to_vector());
  }
}

TEST(Tensor, SameBitsTellWhatEqualNumbersDoNot) {
  const double nan = std::nan("");
  const Tensor x = Tensor::of({0, 1, nan});
  EXPECT_TRUE(same_bits(x, x.clone()));
  EXPECT_FALSE(same_bits(x, Tensor::of({-0.0, 1, nan})));
  EXPECT_FALSE(same_bits(x, Tensor::of({0, 1, 2})));
  EXPECT_FALSE(same_bits(x, x.reshape({1, 3})));
  EXPECT_FALSE(same_bits(Tensor::zeros({1}, DType::int64), Tensor::zeros({1}, DType::float64)));
  EXPECT_TRUE(same_bits(Tensor::zeros({0, 2}), Tensor::zeros({0, 2})));
  EXPECT_TRUE(same_bits({}, {}));
  EXPECT_EQ(x.byte_size(), 12U);
  EXPECT_EQ(Tensor::zeros({2, 2}, DType::int64).rows(1, 2).byte_size(), 16U);
  EXPECT_EQ(Tensor().byte_size(), 0U);
}

TEST(Tensor, EveryWriteIsAnnounced) {
  Tensor x = Tensor::zeros({4});
  const Tensor view = x.rows(0, 2);
  const auto before = x.version();
  x.at({0});
  view.data<float>();
  EXPECT_EQ(x.version(), before);
  x.set({3}, 1);
  EXPECT_EQ(view.version(), before + 1);
  x.fill(2);
  x.copy_from(Tensor::ones({4}));
  x.mutable_data<float>();
  EXPECT_EQ(view.version(), before + 4);
}

}  // namespace
}  // namespace gibbs
