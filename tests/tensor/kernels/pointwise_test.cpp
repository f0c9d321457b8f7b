// Arithmetic kernels, and through them the broadcasting loop: every pattern of repeated axes against counted indices.
#include "gibbs/tensor/kernels/pointwise.h"

#include <cmath>
#include <limits>

#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::random_tensor;
using gibbs::testing::repeated;
using ::testing::ElementsAre;

void expect_sub_matches_oracle(const Shape& a_shape, const Shape& b_shape) {
  const Tensor a = random_tensor(a_shape, DType::float64, -2, 2, 1),
               b = random_tensor(b_shape, DType::float64, -2, 2, 2);
  const Tensor y = sub(a, b);
  ASSERT_EQ(y.shape(), broadcast_shapes(a_shape, b_shape, "test"));
  const auto p = repeated(a, y.shape()), q = repeated(b, y.shape()), got = y.to_vector();
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i], p[i] - q[i]) << a_shape << " - " << b_shape << " at " << i;
  }
}

TEST(Broadcasting, EveryPatternOfSizeOneAxesMatchesCountedIndices) {
  for (int pattern_a = 0; pattern_a < 16; ++pattern_a) {
    for (int pattern_b = 0; pattern_b < 16; ++pattern_b) {
      Shape a{2, 3, 4, 5}, b = a;
      for (int axis = 0; axis < 4; ++axis) {
        a.set(axis, (pattern_a >> axis & 1) ? 1 : a[axis]);
        b.set(axis, (pattern_b >> axis & 1) ? 1 : b[axis]);
      }
      expect_sub_matches_oracle(a, b);
    }
  }
}

TEST(Broadcasting, RanksMayDiffer) {
  expect_sub_matches_oracle({}, {});
  expect_sub_matches_oracle({}, {2, 3});
  expect_sub_matches_oracle({3, 1}, {2, 3, 4});
  expect_sub_matches_oracle({2, 1, 1, 3, 1, 2, 1, 2}, {3, 1, 1, 2});
  expect_sub_matches_oracle({0, 3}, {3});
  expect_sub_matches_oracle({2, 1}, {2, 0});
}

TEST(Broadcasting, PiecesOfTheParallelLoopMayBeginInTheMiddleOfARow) {
  expect_sub_matches_oracle({1733, 31}, {31});
  expect_sub_matches_oracle({1733, 31}, {1733, 1});
  expect_sub_matches_oracle({7, 1, 5003}, {3, 1});
  expect_sub_matches_oracle({50021}, {});
  gibbs::testing::expect_same_bits_on_any_threads([] { return add(random_tensor({1733, 31}), random_tensor({31})); });
}

TEST(Pointwise, ArithmeticOnEveryDtype) {
  for (DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    const Tensor a = Tensor::of({7, 2, 9}, dtype), b = Tensor::of({2, 2, 4}, dtype);
    EXPECT_EQ((a + b).dtype(), dtype);
    EXPECT_THAT((a + b).to_vector(), ElementsAre(9, 4, 13));
    EXPECT_THAT((a - b).to_vector(), ElementsAre(5, 0, 5));
    EXPECT_THAT((a * b).to_vector(), ElementsAre(14, 4, 36));
    EXPECT_THAT((a / b).to_vector(), is_floating(dtype) ? ElementsAre(3.5, 1.0, 2.25) : ElementsAre(3.0, 1.0, 2.0));
    EXPECT_THAT(maximum(a, Tensor::of(5, dtype)).to_vector(), ElementsAre(7, 5, 9));
    EXPECT_THAT(minimum(a, Tensor::of(5, dtype)).to_vector(), ElementsAre(5, 2, 5));
    EXPECT_THAT(add(a, 3).to_vector(), ElementsAre(10, 5, 12));
    EXPECT_THAT(mul(a, 3).to_vector(), ElementsAre(21, 6, 27));
    EXPECT_THAT(clamp(a, 2.5, 8).to_vector(),
                is_floating(dtype) ? ElementsAre(7.0, 2.5, 8.0) : ElementsAre(7.0, 3.0, 8.0));
    EXPECT_THAT(sign(a).to_vector(), ElementsAre(1, 1, 1));
  }
}

TEST(Pointwise, OneOperandFunctionsAtSignsAndNan) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = Tensor::of({-1.5, 0, 2, kNaN, -kInfinity}, dtype);
    using ::testing::IsNan;
    EXPECT_THAT((-x).to_vector(), ElementsAre(1.5, 0, -2, IsNan(), kInfinity));
    EXPECT_THAT(abs(x).to_vector(), ElementsAre(1.5, 0, 2, IsNan(), kInfinity));
    EXPECT_THAT(sign(x).to_vector(), ElementsAre(-1, 0, 1, IsNan(), -1));
    EXPECT_THAT(relu(x).to_vector(), ElementsAre(0, 0, 2, IsNan(), 0));
    EXPECT_THAT(clamp(x, -1, 1).to_vector(), ElementsAre(-1, 0, 1, IsNan(), -1));
    EXPECT_THAT(relu_mask(Tensor::of({5, 6, 7, 8, 9}, dtype), x).to_vector(), ElementsAre(0, 0, 7, 0, 0));
  }
  EXPECT_THAT(abs(Tensor::of({-3, 4}, DType::int64)).to_vector(), ElementsAre(3, 4));
  EXPECT_THAT(clamp(Tensor::of({-3, 4}, DType::int64), 0, kInfinity).to_vector(), ElementsAre(0, 4));
}

TEST(Pointwise, ANanInEitherOperandIsTheMaximumAndTheMinimum) {
  const Tensor a = Tensor::of({kNaN, 1, 1}), b = Tensor::of({2, kNaN, 2});
  using ::testing::IsNan;
  EXPECT_THAT(maximum(a, b).to_vector(), ElementsAre(IsNan(), IsNan(), 2));
  EXPECT_THAT(minimum(a, b).to_vector(), ElementsAre(IsNan(), IsNan(), 1));
}

TEST(Pointwise, IntegersWrapAround) {
  const std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  const Tensor x = Tensor::from(std::vector<std::int64_t>{smallest}, {1}), minus_one = Tensor::of({-1}, DType::int64);
  EXPECT_EQ(add(x, minus_one).item<std::int64_t>(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(div(x, minus_one).item<std::int64_t>(), smallest);
  EXPECT_EQ(neg(x).item<std::int64_t>(), smallest);
  EXPECT_EQ(abs(x).item<std::int64_t>(), smallest);
  EXPECT_EQ(mul(x, 3).item<std::int64_t>(), smallest);
  EXPECT_THAT(add(Tensor::of({250}, DType::uint8), 10).to_vector(), ElementsAre(4));
}

TEST(Pointwise, OperatorsTakeANumberOnEitherSide) {
  for (DType dtype : {DType::float32, DType::float64, DType::int64, DType::uint8}) {
    const Tensor x = Tensor::of({1, 2, 4}, dtype);
    const Tensor results[] = {x + 3, 3 + x, x - 1, 9 - x, x * 5, 5 * x, x / 2, 8 / x};
    for (const Tensor& y : results) {
      EXPECT_EQ(y.dtype(), dtype);
    }
    EXPECT_THAT((x + 3).to_vector(), ElementsAre(4, 5, 7));
    EXPECT_THAT((3 + x).to_vector(), ElementsAre(4, 5, 7));
    EXPECT_THAT((x - 1).to_vector(), ElementsAre(0, 1, 3));
    EXPECT_THAT((9 - x).to_vector(), ElementsAre(8, 7, 5));
    EXPECT_THAT((x * 5).to_vector(), ElementsAre(5, 10, 20));
    EXPECT_THAT((5 * x).to_vector(), ElementsAre(5, 10, 20));
    EXPECT_THAT((x / 2).to_vector(), ElementsAre(is_floating(dtype) ? 0.5 : 0.0, 1, 2));
    EXPECT_THAT((8 / x).to_vector(), ElementsAre(8, 4, 2));
  }
}

TEST(Pointwise, ErrorsNameTheRuleTheValuesAndTheRepair) {
  const Tensor f = Tensor::ones({2, 3}), i = Tensor::ones({2, 3}, DType::int64);
  EXPECT_EQ(error_of([&] { add(f, i); }), "add: dtypes differ: float32 and int64; convert one with cast");
  EXPECT_EQ(error_of([&] { mul(f, Tensor::ones({2})); }),
            "mul: shapes [2, 3] and [2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1");
  EXPECT_EQ(error_of([&] { div(i, Tensor::zeros({}, DType::int64)); }),
            "div: integer division by zero; cast to float32 for infinities, or replace the zeros with where");
  EXPECT_EQ(error_of([&] { add(i, 0.5); }), "add: 0.5 is not a value of int64; cast the tensor first");
  EXPECT_EQ(error_of([&] { add(i, kNaN); }), "add: nan is not a value of int64; cast the tensor first");
  EXPECT_EQ(error_of([&] { clamp(f, 2, 1); }), "clamp: low 2 is not at most high 1");
  EXPECT_EQ(error_of([&] { neg(Tensor()); }), "neg: the operand is an undefined tensor; give it elements first");
  EXPECT_EQ(error_of([&] { relu_mask(f, f[0]); }), "relu_mask: dy is [2, 3], y is [3]; they must be equal");
  EXPECT_EQ(error_of([&] { sub(i, 0.5); }), "sub: 0.5 is not a value of int64; cast the tensor first");
  EXPECT_EQ(error_of([&] { div(i, 0); }),
            "div: integer division by zero; cast to float32 for infinities, or replace the zeros with where");
}

}  // namespace
}  // namespace gibbs::kernels
