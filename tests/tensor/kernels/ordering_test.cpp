// argmax, argmin, sort and topk: std::stable_sort as oracle, ties, NaN, every axis.
#include "gibbs/tensor/kernels/ordering.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

constexpr RandomKey kOrderKey{.seed = 5};

/// [outer, length, inner] of an axis, with which the oracle finds a column.
std::array<std::int64_t, 3> around(const Shape& shape, int axis) {
  return {shape.sub(0, axis).numel(), shape[axis], shape.sub(axis + 1, shape.rank()).numel()};
}

/// Indices of the sorted column, by std::stable_sort.
std::vector<std::int64_t> naive_order(const std::vector<double>& column, bool descending) {
  const auto less = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  std::vector<std::int64_t> order(column.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    const double a = column[static_cast<std::size_t>(i)], b = column[static_cast<std::size_t>(j)];
    return descending ? less(b, a) : less(a, b);
  });
  return order;
}

TEST(Ordering, EveryAxisAgainstStableSort) {
  Tensor x = random_integers(kOrderKey, {4, 9, 70}, 0, 6);  // many ties
  for (int axis = 0; axis < 3; ++axis) {
    const auto [outer, length, inner] = around(x.shape(), axis);
    const Sorted up = sort(x, axis), down = sort(x, axis - 3, true), top = topk(x, 3, axis);
    const Tensor most = argmax(x, axis), least = argmin(x, axis, true);
    EXPECT_EQ(up.indices.dtype(), DType::int64);
    EXPECT_EQ(up.values.to_vector(), gather(x, axis, up.indices).to_vector());
    EXPECT_EQ(down.values.to_vector(), gather(x, axis, down.indices).to_vector());
    EXPECT_EQ(top.values.to_vector(), gather(x, axis, top.indices).to_vector());
    EXPECT_EQ(most.shape(), x.shape().without(axis));
    EXPECT_EQ(least.rank(), 3);
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t k = 0; k < inner; ++k) {
        std::vector<double> column;
        std::vector<std::int64_t> got_up, got_down, got_top;
        for (std::int64_t i = 0; i < length; ++i) {
          const std::int64_t at = (o * length + i) * inner + k;
          column.push_back(static_cast<double>(x.data<std::int64_t>()[at]));
          got_up.push_back(up.indices.data<std::int64_t>()[at]);
          got_down.push_back(down.indices.data<std::int64_t>()[at]);
        }
        for (std::int64_t i = 0; i < 3; ++i) {
          got_top.push_back(top.indices.data<std::int64_t>()[(o * 3 + i) * inner + k]);
        }
        const auto ascending = naive_order(column, false), descending = naive_order(column, true);
        ASSERT_EQ(got_up, ascending);
        ASSERT_EQ(got_down, descending);
        ASSERT_EQ(got_top, std::vector(descending.begin(), descending.begin() + 3));
        ASSERT_EQ(most.data<std::int64_t>()[o * inner + k], descending[0]);
        ASSERT_EQ(least.data<std::int64_t>()[o * inner + k], ascending[0]);
      }
    }
  }
}

TEST(Ordering, NanIsTheLargest) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = Tensor::of({2, kNaN, -kInfinity, kInfinity, kNaN, 2}, dtype);
    EXPECT_THAT(sort(x).indices.to_vector(), ElementsAre(2, 0, 5, 3, 1, 4));
    EXPECT_THAT(sort(x, 0, true).indices.to_vector(), ElementsAre(1, 4, 3, 0, 5, 2));
    EXPECT_THAT(topk(x, 4).indices.to_vector(), ElementsAre(1, 4, 3, 0));
    EXPECT_TRUE(std::isnan(sort(x).values.at({5})));
    EXPECT_EQ(argmax(x).item(), 1);
    EXPECT_EQ(argmin(x).item(), 2);
    EXPECT_EQ(argmin(Tensor::of({kNaN, kNaN, 3, kNaN}, dtype)).item(), 2);
    EXPECT_EQ(argmin(Tensor::of({kNaN, kNaN}, dtype)).item(), 0);
  }
}

TEST(Ordering, EqualElementsKeepTheirOrder) {
  const Tensor x = Tensor::of({0.0, -0.0, 1, 1, 0.0});
  EXPECT_THAT(sort(x).indices.to_vector(), ElementsAre(0, 1, 4, 2, 3));
  EXPECT_THAT(sort(x, -1, true).indices.to_vector(), ElementsAre(2, 3, 0, 1, 4));
  EXPECT_EQ(argmax(x).item(), 2);
  EXPECT_EQ(argmin(x).item(), 0);
}

TEST(Ordering, EveryDType) {
  for (DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    const Tensor x = Tensor::of({{3, 200, 7}, {9, 0, 9}}, dtype);
    EXPECT_EQ(sort(x).values.dtype(), dtype);
    EXPECT_THAT(sort(x).values.to_vector(), ElementsAre(3, 7, 200, 0, 9, 9));
    EXPECT_THAT(topk(x, 1, 0).values.to_vector(), ElementsAre(9, 200, 9));
    EXPECT_THAT(argmax(x, 1).to_vector(), ElementsAre(1, 0));
  }
}

TEST(Ordering, EmptyAndSizeOne) {
  EXPECT_EQ(sort(Tensor::zeros({3, 0})).values.shape(), (Shape{3, 0}));
  EXPECT_EQ(sort(Tensor::zeros({0, 3})).indices.shape(), (Shape{0, 3}));
  EXPECT_EQ(topk(Tensor::zeros({3, 2}), 0).values.shape(), (Shape{3, 0}));
  EXPECT_EQ(argmax(Tensor::zeros({0, 3})).shape(), (Shape{0}));
  EXPECT_EQ(argmax(Tensor::zeros({3, 1}), 1, true).shape(), (Shape{3, 1}));
}

TEST(Ordering, ArgumentsAreChecked) {
  const Tensor x = Tensor::zeros({2, 4});
  EXPECT_THAT([&] { topk(x, 5); }, ThrowsMessage<Error>("topk: k = 5 is not in [0, 4], the size of axis 1 of [2, 4]"));
  EXPECT_THAT([&] { topk(x, -1, 0); },
              ThrowsMessage<Error>("topk: k = -1 is not in [0, 2], the size of axis 0 of [2, 4]"));
  EXPECT_THAT([] { argmax(Tensor::zeros({2, 0})); }, ThrowsMessage<Error>("argmax: axis 1 of [2, 0] has no elements"));
  EXPECT_THAT([] { argmin(Tensor::of(1)); }, ThrowsMessage<Error>("argmin: axis -1 does not exist in 0 axes"));
  EXPECT_THAT([] { sort(Tensor()); }, ThrowsMessage<Error>("sort: the tensor is undefined"));
}

TEST(Ordering, TheSameOnAnyNumberOfThreads) {
  const int before = num_threads();
  const Tensor x = random_integers(kOrderKey, {300, 400}, 0, 30);
  const auto all = [&](int threads) {
    set_num_threads(threads);
    return std::vector{sort(x, 0).indices.to_vector(), topk(x, 5).indices.to_vector(), argmax(x, 0).to_vector(),
                       argmin(x, 1).to_vector()};
  };
  const auto one = all(1);
  EXPECT_TRUE(all(2) == one);
  EXPECT_TRUE(all(3) == one);
  set_num_threads(before);
}

}  // namespace
}  // namespace gibbs::kernels
