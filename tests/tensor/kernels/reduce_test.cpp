// Reductions against naive float64 loops over every subset of axes; accuracy, special values, threads, errors.
#include "gibbs/tensor/kernels/reduce.h"

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "tests/tensor/kernels/kernel_oracle.h"
#include "tests/testing/not_finite.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::random_tensor;
using ::testing::ElementsAre;
using ::testing::IsNan;

/// The elements that fall on each element of the reduced tensor.
std::vector<std::vector<double>> groups_of(const Tensor& x, const Axes& axes) {
  const Shape kept = reduced_shape(x.shape(), axes, true, "test");
  std::vector<std::vector<double>> groups(static_cast<std::size_t>(kept.numel()));
  const auto values = x.to_vector();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto index = gibbs::testing::unflatten(i, x.shape());
    std::int64_t flat = 0;
    for (int axis = 0; axis < x.rank(); ++axis) {
      flat = flat * kept[axis] + (kept[axis] == 1 ? 0 : index[static_cast<std::size_t>(axis)]);
    }
    groups[static_cast<std::size_t>(flat)].push_back(values[static_cast<std::size_t>(i)]);
  }
  return groups;
}

using Values = std::vector<double>;
double naive_sum(const Values& v) { return std::accumulate(v.begin(), v.end(), 0.0); }
double naive_mean(const Values& v) { return naive_sum(v) / static_cast<double>(v.size()); }
double naive_var(const Values& v) {
  const double center = naive_mean(v);
  double total = 0;
  for (double x : v) {
    total += (x - center) * (x - center);
  }
  return total / static_cast<double>(v.size());
}
double naive_prod(const Values& v) { return std::accumulate(v.begin(), v.end(), 1.0, std::multiplies<>()); }
double naive_max(const Values& v) { return *std::max_element(v.begin(), v.end()); }
double naive_min(const Values& v) { return *std::min_element(v.begin(), v.end()); }
double naive_logsumexp(const Values& v) {
  double total = 0;
  for (double x : v) {
    total += std::exp(x);
  }
  return std::log(total);
}

Tensor var_of(const Tensor& x, const Axes& axes, bool keepdim) { return var(x, axes, keepdim); }

struct Reduction {
  const char* name;
  Tensor (*kernel)(const Tensor&, const Axes&, bool);
  double (*oracle)(const Values&);
};
constexpr Reduction kReductions[] = {{"sum", sum, naive_sum},
                                     {"mean", mean, naive_mean},
                                     {"var", var_of, naive_var},
                                     {"prod", prod, naive_prod},
                                     {"max", max, naive_max},
                                     {"min", min, naive_min},
                                     {"logsumexp", logsumexp, naive_logsumexp}};

void expect_matches_oracle(const Reduction& reduction, const Tensor& x, const Axes& axes, double tolerance) {
  for (bool keepdim : {false, true}) {
    const Tensor y = reduction.kernel(x, axes, keepdim);
    ASSERT_EQ(y.shape(), reduced_shape(x.shape(), axes, keepdim, "test"));
    const auto groups = groups_of(x, axes);
    const auto got = y.to_vector();
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double wanted = reduction.oracle(groups[i]);
      ASSERT_NEAR(got[i], wanted, tolerance * (1 + std::abs(wanted))) << reduction.name << " of " << x.shape();
    }
  }
}

TEST(Reduce, EverySubsetOfAxesMatchesNaiveLoops) {
  const Shape shape{3, 4, 1, 5, 6};
  for (int subset = 1; subset < 32; ++subset) {
    Axes axes;
    for (int axis = 0; axis < 5; ++axis) {
      if (subset >> axis & 1) {
        axes.push_back(axis % 2 ? axis : axis - 5);
      }
    }
    for (const Reduction& reduction : kReductions) {
      expect_matches_oracle(reduction, random_tensor(shape, DType::float64, 0.5, 1.5), axes, 1e-12);
      expect_matches_oracle(reduction, random_tensor(shape, DType::float32, 0.5, 1.5), axes, 1e-5);
    }
  }
}

TEST(Reduce, ShapesThatAreSlicedFoldedAndCutIntoPanelsMatch) {
  const std::pair<Shape, Axes> cases[] = {{{70001}, {}},     {{2, 70001}, {1}},     {{33001, 3}, {0}},
                                          {{5001, 32}, {0}}, {{700, 1025}, {0}},    {{3, 300, 513}, {1}},
                                          {{40000, 2}, {1}}, {{9, 301, 7}, {0, 2}}, {{2049, 1, 17}, {2}},
                                          {{17, 15}, {1}},   {{300, 130}, {-2}}};
  for (const auto& [shape, axes] : cases) {
    for (const Reduction& reduction : {kReductions[0], kReductions[2], kReductions[4], kReductions[5]}) {
      expect_matches_oracle(reduction, random_tensor(shape, DType::float64), axes, 1e-11);
    }
  }
}

TEST(Reduce, Float32SumOfTenMillionElementsAgreesWithFloat64) {
  Tensor x = random_tensor({10'000'000}, DType::float32, 0.9, 1.1);
  double wanted = 0;
  for (float v : x.values<float>()) {
    wanted += v;
  }
  EXPECT_NEAR(sum(x).item(), wanted, 1e-6 * wanted);
  EXPECT_NEAR(mean(x).item(), wanted / 1e7, 1e-7);
  const Tensor columns = sum(x.reshape({312500, 32}), {0});
  EXPECT_NEAR(sum(columns).item(), wanted, 1e-6 * wanted);
}

TEST(Reduce, SameBitsOnAnyThreads) {
  const Tensor x = random_tensor({40009, 31});
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}}) {
    gibbs::testing::expect_same_bits_on_any_threads([&] { return sum(x, axes); });
    gibbs::testing::expect_same_bits_on_any_threads([&] { return var(x, axes); });
  }
}

TEST(Reduce, IntegersBecomeInt64AndWrapAround) {
  const Tensor x = Tensor::of({{200, 100}, {255, 3}}, DType::uint8);
  EXPECT_EQ(sum(x).dtype(), DType::int64);
  EXPECT_THAT(sum(x, {0}).to_vector(), ElementsAre(455, 103));
  EXPECT_THAT(prod(x, {1}).to_vector(), ElementsAre(20000, 765));
  EXPECT_EQ(max(x).dtype(), DType::uint8);
  EXPECT_EQ(max(x).item(), 255);
  EXPECT_EQ(min(Tensor::of({-5, 3}, DType::int64)).item(), -5);
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(sum(Tensor::from(std::vector<std::int64_t>{largest, 1}, {2})).item<std::int64_t>(), -largest - 1);
}

TEST(Reduce, NanReachesTheMaximumAndMinimumFromAnyPlace) {
  for (std::int64_t n : {1, 5, 17, 3000, 40000}) {
    for (std::int64_t at : {std::int64_t{0}, n / 2, n - 1}) {
      Tensor x = random_tensor({n});
      x.set({at}, kNaN);
      EXPECT_THAT(max(x).item(), IsNan()) << at << " of " << n;
      EXPECT_THAT(min(x).item(), IsNan()) << at << " of " << n;
      EXPECT_THAT(max(x.reshape({n, 1, 1}), {0, 1}).item(), IsNan());
    }
  }
  EXPECT_EQ(max(Tensor::of({-kInfinity, -kInfinity})).item(), -kInfinity);
  EXPECT_EQ(min(Tensor::of({kInfinity, kInfinity})).item(), kInfinity);
}

TEST(Reduce, LogSumExpHandlesInfinitiesAndHugeLogits) {
  const Tensor x = Tensor::of({{-kInfinity, -kInfinity},
                               {kInfinity, 0},
                               {kInfinity, -kInfinity},
                               {-kInfinity, 3},
                               {1e8, 1e8},
                               {-1e8, -3e8},
                               {kNaN, kInfinity}});
  EXPECT_THAT(logsumexp(x, {1}).to_vector(), ElementsAre(-kInfinity, kInfinity, kInfinity, 3, 1e8, -1e8, IsNan()));
  EXPECT_NEAR(logsumexp(Tensor::of({0, 0, 0, 0})).item(), std::log(4.0), 1e-6);
}

TEST(Reduce, VarianceSurvivesALargeMean) {
  const Tensor x = Tensor::of({1e6 + 1, 1e6 + 2, 1e6 + 3, 1e6 + 4});
  EXPECT_NEAR(var(x).item(), 1.25, 1e-6);
  EXPECT_NEAR(var(x, {}, false, 1).item(), 5.0 / 3, 1e-6);
  EXPECT_EQ(mean(Tensor::of({3e38, 3e38})).item<float>(), 3e38F);
}

TEST(Reduce, NothingSumsToZeroAndHasNoMaximum) {
  const Tensor x = Tensor::ones({2, 0});
  EXPECT_THAT(sum(x, {1}).to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(prod(x, {1}).to_vector(), ElementsAre(1, 1));
  EXPECT_THAT(logsumexp(x, {1}).to_vector(), ElementsAre(-kInfinity, -kInfinity));
  EXPECT_EQ(sum(x, {0}).shape(), Shape({0}));
  EXPECT_EQ(max(x, {0}).shape(), Shape({0}));
  EXPECT_EQ(sum(Tensor::of(3)).item(), 3);
  EXPECT_EQ(var(Tensor::of(3)).item(), 0);
}

TEST(Reduce, SumToUndoesBroadcasting) {
  const Tensor x = random_tensor({2, 3, 4}, DType::float64);
  for (const Shape& shape : {Shape{}, Shape{4}, Shape{1}, Shape{3, 1}, Shape{1, 4}, Shape{2, 1, 4}, Shape{1, 1, 1}}) {
    const Tensor y = sum_to(x, shape);
    ASSERT_EQ(y.shape(), shape);
    std::vector<double> wanted(static_cast<std::size_t>(shape.numel()));
    const auto place =
        gibbs::testing::repeated(Tensor::arange(0, static_cast<double>(shape.numel())).reshape(shape), x.shape());
    for (std::size_t i = 0; i < place.size(); ++i) {
      wanted[static_cast<std::size_t>(place[i])] += x.to_vector()[i];
    }
    EXPECT_THAT(y.to_vector(), ::testing::Pointwise(::testing::DoubleNear(1e-12), wanted)) << shape;
  }
  EXPECT_TRUE(sum_to(x, x.shape()).shares_storage_with(x));
}

TEST(Reduce, ErrorsNameTheRuleTheValuesAndTheRepair) {
  const Tensor x = Tensor::ones({2, 3}), empty = Tensor::ones({2, 0});
  EXPECT_EQ(error_of([&] { sum(x, {2}); }), "sum: axis 2 does not exist in 2 axes");
  EXPECT_EQ(error_of([&] { mean(x, {1, -1}); }), "mean: axis -1 is given twice");
  EXPECT_EQ(error_of([&] { max(empty, {1}); }), "max: nothing to reduce in [2, 0]; the reduced axes need elements");
  EXPECT_EQ(error_of([&] { mean(empty); }), "mean: nothing to reduce in [2, 0]; the reduced axes need elements");
  EXPECT_EQ(error_of([&] { var(x, {0}, false, 2); }),
            "var: 2 elements with correction 2 leave no degree of freedom; lower the correction");
  EXPECT_EQ(error_of([&] { mean(Tensor::ones({2}, DType::int64)); }),
            "mean: needs float32 or float64, not int64; convert with cast");
  EXPECT_EQ(error_of([&] { sum_to(x, {2}); }), "sum_to: [2] does not broadcast to [2, 3]");
}

}  // namespace
}  // namespace gibbs::kernels
