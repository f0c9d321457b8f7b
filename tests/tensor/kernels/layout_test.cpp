// Rearrangements against naive loops over index tuples, their adjoint pairs, and the text of their errors.
#include "gibbs/tensor/kernels/layout.h"

#include <functional>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"

namespace gibbs::kernels {
namespace {

using ::testing::ElementsAre;
using ::testing::ThrowsMessage;
using Index = std::vector<std::int64_t>;

constexpr DType kAll[] = {DType::float32, DType::float64, DType::int64, DType::uint8};

/// 0, 1, 2 ... (modulo 251, so that they fit uint8).
Tensor counting(const Shape& shape, DType dtype = DType::float32) {
  Tensor x = Tensor::uninitialized(shape, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    T* values = x.mutable_data<T>();
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      values[i] = static_cast<T>(i % 251);
    }
  });
  return x;
}

/// The oracle: y[index] = x[source(index)] by position arithmetic, one element at a time; outside is `fill`.
std::vector<double> naive(const Tensor& x, const Shape& shape, const std::function<Index(const Index&)>& source,
                          double fill = 0) {
  const std::vector<double> from = x.to_vector();
  std::vector<double> result;
  for (std::int64_t position = 0; position < shape.numel(); ++position) {
    Index index(static_cast<std::size_t>(shape.rank()));
    std::int64_t rest = position;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      index[static_cast<std::size_t>(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    const Index at = source(index);
    std::int64_t flat = 0;
    bool inside = true;
    for (int axis = 0; axis < x.rank(); ++axis) {
      const std::int64_t i = at[static_cast<std::size_t>(axis)];
      inside = inside && 0 <= i && i < x.size(axis);
      flat = flat * x.size(axis) + i;
    }
    result.push_back(inside ? from[static_cast<std::size_t>(flat)] : fill);
  }
  return result;
}

void expect_permuted(const Tensor& x, const Axes& axes) {
  const Tensor y = permute_copy(x, axes);
  for (std::size_t k = 0; k < axes.size(); ++k) {
    ASSERT_EQ(y.size(static_cast<int>(k)), x.size(axes[k]));
  }
  EXPECT_EQ(y.to_vector(), naive(x, y.shape(),
                                 [&](const Index& index) {
                                   Index at(index.size());
                                   for (std::size_t k = 0; k < axes.size(); ++k) {
                                     at[static_cast<std::size_t>(axes[k])] = index[k];
                                   }
                                   return at;
                                 }))
      << x.shape() << ::testing::PrintToString(axes);
}

TEST(Layout, PermuteEveryOrderOfFourAxes) {
  for (DType dtype : kAll) {
    Axes axes{0, 1, 2, 3};
    do {
      expect_permuted(counting({3, 1, 5, 2}, dtype), axes);
      expect_permuted(counting({2, 33, 3, 40}, dtype), axes);
    } while (std::next_permutation(axes.begin(), axes.end()));
  }
}

TEST(Layout, PermuteMatricesOfEveryForm) {
  for (const Shape& shape : {Shape{1, 7}, {33, 65}, {3, 5000}, {5000, 3}, {300, 257}, {0, 4}}) {
    expect_permuted(counting(shape), {1, 0});
  }
  expect_permuted(counting({60, 50, 13}), {1, 0, 2});  // pieces of work begin inside a run
  expect_permuted(counting({3, 40'000, 2}, DType::uint8), {0, 1, 2});
  EXPECT_THAT(permute_copy(Tensor::of(4), {}).to_vector(), ElementsAre(4));
  EXPECT_THAT(permute_copy(Tensor::of({{1, 2}, {3, 4}}), {-1, 0}).to_vector(), ElementsAre(1, 3, 2, 4));
}

TEST(Layout, PermuteChecksItsAxes) {
  const Tensor x = counting({2, 3});
  EXPECT_THAT([&] { permute_copy(x, {0}); },
              ThrowsMessage<Error>("permute_copy: 1 axes for shape [2, 3]; name every axis once"));
  EXPECT_THAT([&] { permute_copy(x, {1, -1}); }, ThrowsMessage<Error>("permute_copy: axis -1 is given twice"));
  EXPECT_THAT([&] { permute_copy(x, {0, 2}); }, ThrowsMessage<Error>("permute_copy: axis 2 does not exist in 2 axes"));
}

TEST(Layout, SliceAndItsAdjoint) {
  for (DType dtype : kAll) {
    const Tensor x = counting({4, 7, 3}, dtype);
    for (int axis = 0; axis < 3; ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      for (std::int64_t begin = 0; begin <= x.size(axis); ++begin) {
        for (std::int64_t end = begin; end <= x.size(axis); ++end) {
          for (std::int64_t step : {1, 2, 5}) {
            const Tensor y = slice(x, axis, begin, end, step);
            ASSERT_EQ(y.size(axis), (end - begin + step - 1) / step);
            EXPECT_EQ(y.to_vector(), naive(x, y.shape(), [&](Index index) {
                        index[a] = begin + index[a] * step;
                        return index;
                      }));
            EXPECT_EQ(unslice(y, x.shape(), axis, begin, end, step).to_vector(), naive(y, x.shape(), [&](Index index) {
                        const std::int64_t i = index[a] - begin;
                        index[a] = i >= 0 && i % step == 0 ? i / step : -1;
                        return index;
                      }));
          }
        }
      }
    }
  }
  EXPECT_THAT(slice(Tensor::of({1, 2, 3, 4}), -1, -3, -1).to_vector(), ElementsAre(2, 3));
  EXPECT_THAT(slice(Tensor::of({1, 2, 3}), 0, 1, 3, std::numeric_limits<std::int64_t>::max()).to_vector(),
              ElementsAre(2));
}

TEST(Layout, SliceChecksItsRange) {
  const Tensor x = counting({2, 3});
  EXPECT_THAT(
      [&] { slice(x, 1, 1, 4); },
      ThrowsMessage<Error>("slice: [1, 4) is outside axis 1 of [2, 3]; begin and end count from 0 to 3, or from "
                           "the end when negative"));
  EXPECT_THAT([&] { slice(x, 0, -3, 2); }, ::testing::Throws<Error>());
  EXPECT_THAT([&] { slice(x, 0, 1, 0); }, ::testing::Throws<Error>());
  EXPECT_THAT([&] { slice(x, 0, 0, 2, 0); }, ThrowsMessage<Error>("slice: step must be positive, it is 0"));
  EXPECT_THAT(
      [&] {
        unslice(x, {5, 3}, 0, 0, 3);
      },
      ThrowsMessage<Error>("unslice: the slice of [5, 3] has shape [3, 3], not [2, 3]"));
  EXPECT_THAT([] { slice(Tensor(), 0, 0, 0); }, ThrowsMessage<Error>("slice: the tensor is undefined"));
}

TEST(Layout, PadAndItsAdjoint) {
  for (DType dtype : kAll) {
    const Tensor x = counting({2, 3, 4}, dtype);
    const Padding padding{{1, 0}, {0, 2}, {3, 1}};
    const Tensor y = pad(x, padding, 9);
    EXPECT_EQ(y.shape(), (Shape{3, 5, 8}));
    EXPECT_EQ(y.to_vector(), naive(
                                 x, y.shape(),
                                 [](Index index) {
                                   return Index{index[0] - 1, index[1], index[2] - 3};
                                 },
                                 9));
    EXPECT_EQ(unpad(y, padding).to_vector(), x.to_vector());
  }
  EXPECT_THAT(pad(Tensor::zeros({0}), {{1, 1}}, 5).to_vector(), ElementsAre(5, 5));
  EXPECT_EQ(unpad(Tensor::zeros({2}), {{1, 1}}).numel(), 0);
  const Tensor x = counting({2, 3});
  EXPECT_THAT(
      [&] {
        pad(x, {{1, 1}});
      },
      ThrowsMessage<Error>("pad: 1 (before, after) pairs for shape [2, 3]; give one per axis"));
  EXPECT_THAT(
      [&] {
        pad(x, {{1, 1}, {0, -1}});
      },
      ThrowsMessage<Error>("pad: padding (0, -1) of axis 1 must not be negative; remove elements with slice"));
  EXPECT_THAT(
      [&] {
        unpad(x, {{1, 2}, {0, 0}});
      },
      ThrowsMessage<Error>("unpad: padding (1, 2) is more than axis 0 of [2, 3] has"));
}

TEST(Layout, ConcatIsUndoneBySlices) {
  for (DType dtype : kAll) {
    for (int axis : {0, 1, 2, -1}) {
      std::vector<Tensor> parts;
      for (std::int64_t size : {2, 0, 1, 5}) {
        Shape shape{3, 4, 2};
        shape.set(axis, size);
        parts.push_back(counting(shape, dtype));
      }
      const Tensor joined = concat(parts, axis);
      EXPECT_EQ(joined.size(axis), 8);
      std::int64_t begin = 0;
      for (const Tensor& part : parts) {
        const Tensor back = slice(joined, axis, begin, begin + part.size(axis));
        EXPECT_EQ(back.shape(), part.shape());
        EXPECT_EQ(back.to_vector(), part.to_vector());
        begin += part.size(axis);
      }
    }
  }
}

TEST(Layout, StackPutsEachPartAtItsPlace) {
  const std::vector<Tensor> parts{Tensor::of({1, 2, 3}), Tensor::of({4, 5, 6})};
  EXPECT_EQ(stack(parts).shape(), (Shape{2, 3}));
  EXPECT_THAT(stack(parts).to_vector(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(stack(parts, -1).shape(), (Shape{3, 2}));
  EXPECT_THAT(stack(parts, -1).to_vector(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(stack(std::vector{Tensor::of(1), Tensor::of(2)}).to_vector(), ElementsAre(1, 2));
}

TEST(Layout, JoiningChecksItsParts) {
  const Tensor x = counting({2, 3});
  EXPECT_THAT([] { concat({}); }, ThrowsMessage<Error>("concat: needs at least one tensor"));
  EXPECT_THAT(
      [&] {
        concat(std::vector{x, counting({2, 4})}, 0);
      },
      ThrowsMessage<Error>("concat: tensor 1 is [2, 4], tensor 0 is [2, 3]; all axes but axis 0 must be equal"));
  EXPECT_THAT(
      [&] {
        concat(std::vector{x, counting({2, 3}, DType::int64)});
      },
      ThrowsMessage<Error>("concat: tensor 1 is int64, tensor 0 is float32; convert one with cast"));
  EXPECT_THAT([&] { stack(std::vector{x, Tensor()}); }, ThrowsMessage<Error>("stack: tensor 1 is undefined"));
  EXPECT_THAT(
      [&] {
        stack(std::vector{x, counting({3, 2})});
      },
      ThrowsMessage<Error>("stack: tensor 1 is [3, 2], tensor 0 is [2, 3]; shapes must be equal"));
}

TEST(Layout, BroadcastTo) {
  for (DType dtype : kAll) {
    for (const Shape& from : {Shape{}, {1}, {4}, {3, 1}, {1, 4}, {2, 1, 4}, {2, 3, 1}, {2, 3, 4}}) {
      const Tensor x = counting(from, dtype);
      const Shape to{2, 3, 4};
      EXPECT_EQ(broadcast_to(x, to).to_vector(),
                naive(x, to,
                      [&](const Index& index) {
                        Index at;
                        for (int axis = 0; axis < from.rank(); ++axis) {
                          at.push_back(from[axis] == 1 ? 0 : index[static_cast<std::size_t>(axis + 3 - from.rank())]);
                        }
                        return at;
                      }))
          << from;
    }
  }
  EXPECT_EQ(broadcast_to(Tensor::of({1}), {3, 0}).shape(), (Shape{3, 0}));
  EXPECT_THAT(
      [] {
        broadcast_to(Tensor::zeros({3}), {3, 2});
      },
      ThrowsMessage<Error>("broadcast_to: [3] does not broadcast to [3, 2]; align at the right: sizes must be "
                           "equal, or 1 in the source"));
}

TEST(Layout, TheSameOnAnyNumberOfThreads) {
  const int before = num_threads();
  const Tensor x = normal({.seed = 1}, {7, 90, 130});
  const auto all = [&](int threads) {
    set_num_threads(threads);
    const std::vector<Tensor> parts(40, x[0]);
    return std::vector{permute_copy(x, {2, 0, 1}).to_vector(),
                       permute_copy(x, {1, 0, 2}).to_vector(),
                       broadcast_to(x.rows(0, 1), x.shape()).to_vector(),
                       concat(parts, 1).to_vector(),
                       stack(parts, 1).to_vector(),
                       slice(x, 2, 1, 130, 3).to_vector(),
                       concat(std::vector{x, x, x}, 0).to_vector(),
                       pad(x, {{1, 1}, {2, 2}, {3, 3}}).to_vector()};
  };
  const auto one = all(1);
  EXPECT_TRUE(all(2) == one);
  EXPECT_TRUE(all(3) == one);
  set_num_threads(before);
}

}  // namespace
}  // namespace gibbs::kernels
