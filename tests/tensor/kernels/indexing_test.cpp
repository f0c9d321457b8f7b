// gather, scatter_add, take_rows and one_hot: naive oracles, adjointness, and errors that name the index and its place.
#include "gibbs/tensor/kernels/indexing.h"

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"

namespace gibbs::kernels {
namespace {

using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

constexpr RandomKey kIndexKey{.seed = 11};

Tensor int64(const NestedList& list) { return Tensor::of(list, DType::int64); }

TEST(Indexing, GatherAlongEveryAxis) {
  const Tensor x = normal(kIndexKey, {3, 4, 5}, 0, 1, DType::float64);
  for (int axis = 0; axis < 3; ++axis) {
    Shape shape = x.shape();
    shape.set(axis, 6);
    const Tensor index = random_integers(kIndexKey, shape, 0, x.size(axis));
    const Tensor y = gather(x, axis - 3, index);
    ASSERT_EQ(y.shape(), shape);
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      for (std::int64_t j = 0; j < shape[1]; ++j) {
        for (std::int64_t k = 0; k < shape[2]; ++k) {
          const auto at = index.at<std::int64_t>({i, j, k});
          EXPECT_EQ(y.at({i, j, k}), x.at({axis == 0 ? at : i, axis == 1 ? at : j, axis == 2 ? at : k}));
        }
      }
    }
  }
}

TEST(Indexing, ScatterAddIsTheAdjointOfGather) {  // <gather(x), s> = <x, scatter_add(s)>
  const Tensor x = normal(kIndexKey, {3, 4, 5}, 0, 1, DType::float64);
  const auto dot = [](const Tensor& a, const Tensor& b) {
    double sum = 0;
    for (std::int64_t i = 0; i < a.numel(); ++i) {
      sum += a.data<double>()[i] * b.data<double>()[i];
    }
    return sum;
  };
  for (int axis = 0; axis < 3; ++axis) {
    Shape shape = x.shape();
    shape.set(axis, 7);
    const Tensor index = random_integers(kIndexKey, shape, 0, x.size(axis));
    const Tensor source = normal(kIndexKey.derive(1), shape, 0, 1, DType::float64);
    const Tensor scattered = scatter_add(x.shape(), axis, index, source);
    EXPECT_EQ(scattered.shape(), x.shape());
    EXPECT_NEAR(dot(gather(x, axis, index), source), dot(x, scattered), 1e-12);
  }
}

TEST(Indexing, RepeatedIndicesAddUpInOrder) {
  EXPECT_THAT(scatter_add({3}, 0, int64({2, 0, 2}), Tensor::of({1, 2, 3})).to_vector(), ElementsAre(2, 0, 4));
  // (1e8 + 1) - 1e8 is 0 in float32, (1e8 - 1e8) + 1 is 1: the order shows.
  EXPECT_EQ(scatter_add({1}, 0, int64({0, 0, 0}), Tensor::of({1e8, 1, -1e8})).item(), 0);
  EXPECT_EQ(scatter_add({1}, 0, int64({0, 0, 0}), Tensor::of({1e8, -1e8, 1})).item(), 1);
  EXPECT_EQ(scatter_add({1}, 0, int64({0, 0}), Tensor::of({200, 100}, DType::uint8)).item(), 44);
}

TEST(Indexing, TheSameBitsOnAnyNumberOfThreads) {
  const int before = num_threads();
  const Tensor index = random_integers(kIndexKey, {900, 200}, 0, 50);
  const Tensor source = normal(kIndexKey, {900, 200});
  const auto all = [&](int threads) {
    set_num_threads(threads);
    return std::vector{scatter_add({50, 200}, 0, index, source).to_vector(),
                       scatter_add({900, 50}, 1, index, source).to_vector(), gather(source, 0, index).to_vector(),
                       take_rows(source, index.reshape({-1}).rows(0, 2000)).to_vector(),
                       one_hot(index, 50, DType::uint8).to_vector()};
  };
  const auto one = all(1);
  EXPECT_TRUE(all(2) == one);
  EXPECT_TRUE(all(3) == one);
  set_num_threads(before);
}

TEST(Indexing, AddRowsIsTheAdjointOfTakeRows) {
  const Tensor x = random_integers(kIndexKey, {7, 40}, -9, 10), index = int64({6, 0, 6, 2, 6});
  const Tensor source = random_integers(kIndexKey.derive(1), {5, 40}, -9, 10);
  std::int64_t left = 0, right = 0;
  const Tensor taken = take_rows(x, index), added = add_rows(7, index, source);
  for (std::int64_t i = 0; i < taken.numel(); ++i) {
    left += taken.data<std::int64_t>()[i] * source.data<std::int64_t>()[i];
  }
  for (std::int64_t i = 0; i < added.numel(); ++i) {
    right += added.data<std::int64_t>()[i] * x.data<std::int64_t>()[i];
  }
  EXPECT_EQ(left, right);
  EXPECT_THAT(add_rows(3, int64({1, 1}), Tensor::of({{1, 2}, {10, 20}})).to_vector(), ElementsAre(0, 0, 11, 22, 0, 0));
  EXPECT_EQ(add_rows(2, Tensor::zeros({0}, DType::int64), Tensor::zeros({0, 3})).shape(), (Shape{2, 3}));
  EXPECT_THAT([&] { add_rows(-1, index, source); },
              ThrowsMessage<Error>("add_rows: needs a number of rows of at least 0, not -1"));
}

TEST(Indexing, TakeRows) {
  for (DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    const Tensor x = Tensor::arange(0, 12, 1, dtype).reshape({3, 2, 2});
    const Tensor y = take_rows(x, int64({2, 0, 2, 1}));
    EXPECT_EQ(y.shape(), (Shape{4, 2, 2}));
    EXPECT_THAT(y.to_vector(), ElementsAre(8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7));
  }
  EXPECT_THAT(take_rows(Tensor::of({5, 6}), int64({1})).to_vector(), ElementsAre(6));
  EXPECT_EQ(take_rows(Tensor::zeros({3, 2}), Tensor::zeros({0}, DType::int64)).shape(), (Shape{0, 2}));
  EXPECT_EQ(take_rows(Tensor::zeros({3, 0}), int64({1, 1})).shape(), (Shape{2, 0}));
}

TEST(Indexing, OneHot) {
  const Tensor y = one_hot(int64({{2, 0}, {1, 1}}), 3);
  EXPECT_EQ(y.shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(y.dtype(), DType::float32);
  EXPECT_THAT(y.to_vector(), ElementsAre(0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0));
  EXPECT_THAT(one_hot(int64(1), 2, DType::int64).to_vector(), ElementsAre(0, 1));
}

TEST(Indexing, ABadIndexIsNamedWithItsPlace) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THAT(
      [&] {
        gather(x, 1, int64({{0, 1, 3}, {0, 0, 9}}));
      },
      ThrowsMessage<Error>("gather: index 3 at [0, 2] is not in [0, 3), the range of axis 1 of [2, 3]"));
  EXPECT_THAT(
      [&] {
        scatter_add({2, 3}, 0, int64({{0, -1, 1}}), Tensor::zeros({1, 3}));
      },
      ThrowsMessage<Error>("scatter_add: index -1 at [0, 1] is not in [0, 2), the range of axis 0 of [2, 3]"));
  EXPECT_THAT(
      [&] {
        take_rows(x, int64({0, 1, 2}));
      },
      ThrowsMessage<Error>("take_rows: index 2 at [2] is not in [0, 2), the range of axis 0 of [2, 3]"));
  EXPECT_THAT(
      [&] {
        one_hot(int64({{0}, {10}}), 10);
      },
      ThrowsMessage<Error>("one_hot: index 10 at [1, 0] is not in [0, 10), the range of classes"));
  EXPECT_THAT([&] { gather(Tensor::zeros({0}), 0, int64({0})); },
              ThrowsMessage<Error>("gather: index 0 at [0] is not in [0, 0), the range of axis 0 of [0]"));
}

TEST(Indexing, TheFirstBadIndexIsReported) {
  Tensor index = Tensor::zeros({100'000}, DType::int64);
  for (std::int64_t place : {99'999, 70'000, 40'001}) {
    index.set({place}, 5);
    EXPECT_THAT([&] { take_rows(Tensor::zeros({5}), index); },
                ThrowsMessage<Error>("take_rows: index 5 at [" + std::to_string(place) +
                                     "] is not in [0, 5), the range of axis 0 of [5]"));
  }
}

TEST(Indexing, ShapesAndDTypesAreChecked) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THAT(
      [&] {
        gather(x, 1, Tensor::zeros({2, 1}));
      },
      ThrowsMessage<Error>("gather: indices must be int64, not float32; convert with cast"));
  EXPECT_THAT(
      [&] { gather(x, 1, int64({{0}})); },
      ThrowsMessage<Error>("gather: the index is [1, 1], the tensor [2, 3]; all axes but axis 1 must be equal"));
  EXPECT_THAT(
      [&] {
        scatter_add({2, 3}, 1, int64({{0}, {1}}), x);
      },
      ThrowsMessage<Error>("scatter_add: the source is [2, 3], the index [2, 1]; shapes must be equal"));
  EXPECT_THAT([&] { take_rows(x, int64({{0}})); },
              ThrowsMessage<Error>("take_rows: the index must have one axis, its shape is [1, 1]"));
  EXPECT_THAT([&] { take_rows(Tensor::of(1), int64({0})); },
              ThrowsMessage<Error>("take_rows: needs a tensor with rows, not of shape []"));
  EXPECT_THAT([&] { take_rows(x, Tensor()); }, ThrowsMessage<Error>("take_rows: the index tensor is undefined"));
  EXPECT_THAT([&] { one_hot(int64({0}), 0); }, ThrowsMessage<Error>("one_hot: needs at least 1 class, not 0"));
}

}  // namespace
}  // namespace gibbs::kernels
