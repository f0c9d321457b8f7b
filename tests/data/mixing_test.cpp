// Mixup and cutmix: what becomes of samples and of their targets, from which numbers, and that a batch depends on its
// position alone.
#include "gibbs/data/mixing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gibbs/data/tensor_batches.h"
#include "gibbs/tensor/parallel.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

constexpr std::int64_t kSamples = 60, kRows = 6, kClasses = 3;

/// Sample n is a picture of 5 x 4 pixels with the number n, of class n mod 3.
TensorBatches numbered(DType dtype = DType::float32) {
  Tensor images = Tensor::uninitialized({kSamples, 5, 4, 2}, dtype);
  Tensor labels = Tensor::uninitialized({kSamples}, DType::int64);
  for (std::int64_t n = 0; n < kSamples; ++n) {
    images[n].fill(static_cast<double>(n));
    labels.set({n}, static_cast<double>(n % kClasses));
  }
  return TensorBatches({.inputs = {images}, .targets = {labels}}, {.batch_size = kRows, .seed = 4});
}

/// lambda of a batch whose targets are distributions of the labels: from the first row that was mixed with another
/// class.
double lambda_of(const Batch& plain, const Tensor& p) {
  for (std::int64_t i = 0; i < plain.rows; ++i) {
    const double own = plain.target().at({i}), other = plain.target().at({(i + plain.rows - 1) % plain.rows});
    if (own != other) {
      return p.at({i, static_cast<std::int64_t>(own)});
    }
  }
  return 1;
}

/// p_k = lambda (own class is k) + (1 - lambda) (the class before is k), for every row.
void expect_mixed_targets(const Batch& plain, const Tensor& p, double lambda) {
  ASSERT_EQ(p.shape(), Shape({plain.rows, kClasses}));
  for (std::int64_t i = 0; i < plain.rows; ++i) {
    const std::int64_t own = plain.target().values<std::int64_t>()[static_cast<std::size_t>(i)];
    const std::int64_t other =
        plain.target().values<std::int64_t>()[static_cast<std::size_t>((i + plain.rows - 1) % plain.rows)];
    for (std::int64_t k = 0; k < kClasses; ++k) {
      EXPECT_NEAR(p.at({i, k}), lambda * (own == k) + (1 - lambda) * (other == k), 1e-6) << i << ", " << k;
    }
  }
}

TEST(Mixing, MixupMixesSamplesAndTargetsInTheSameParts) {
  TensorBatches plain = numbered();
  MixedBatches mixed(plain, {.mixup = 1, .classes = kClasses}, 7);
  std::vector<double> lambdas;
  for (std::int64_t b = 0; b < plain.batches_per_epoch(); ++b) {
    const Batch before = plain.make({0, b}), after = mixed.make({0, b});
    const double lambda = lambda_of(before, after.target());
    expect_mixed_targets(before, after.target(), lambda);
    for (std::int64_t i = 0; i < before.rows; ++i) {
      const double own = before.input().at({i, 0, 0, 0});
      const double other = before.input().at({(i + kRows - 1) % kRows, 0, 0, 0});
      for (const double value : after.input()[i].to_vector()) {
        ASSERT_NEAR(value, lambda * own + (1 - lambda) * other, 1e-4);
      }
    }
    EXPECT_EQ(after.first_sample, before.first_sample);
    lambdas.push_back(lambda);
  }
  std::ranges::sort(lambdas);
  EXPECT_LT(lambdas.front(), 0.4);
  EXPECT_GT(lambdas.back(), 0.6);
}

TEST(Mixing, CutmixPastesABoxWhoseAreaIsInTheTargets) {
  TensorBatches plain = numbered();
  MixedBatches mixed(plain, {.cutmix = 1, .classes = kClasses}, 7);
  std::int64_t cut = 0;
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    for (std::int64_t b = 0; b < plain.batches_per_epoch(); ++b) {
      const Batch before = plain.make({epoch, b}), after = mixed.make({epoch, b});
      const Tensor& x = after.input();
      const auto is_pasted = [&](std::int64_t i, std::int64_t row, std::int64_t column) {
        return x.at({i, row, column, 0}) != before.input().at({i, 0, 0, 0});
      };
      std::int64_t top = 5, bottom = 0, left = 4, right = 0, area = 0;
      for (std::int64_t row = 0; row < 5; ++row) {
        for (std::int64_t column = 0; column < 4; ++column) {
          for (std::int64_t i = 0; i < kRows; ++i) {
            ASSERT_EQ(is_pasted(i, row, column), is_pasted(0, row, column)) << "one box for all";
            const std::int64_t source = is_pasted(i, row, column) ? (i + kRows - 1) % kRows : i;
            ASSERT_EQ(x.at({i, row, column, 1}), before.input().at({source, 0, 0, 0}));
          }
          if (is_pasted(0, row, column)) {
            top = std::min(top, row), bottom = std::max(bottom, row + 1);
            left = std::min(left, column), right = std::max(right, column + 1);
            ++area;
          }
        }
      }
      EXPECT_EQ(area, std::max<std::int64_t>(bottom - top, 0) * std::max<std::int64_t>(right - left, 0)) << "a box";
      expect_mixed_targets(before, after.target(), 1 - static_cast<double>(area) / 20);
      cut += area > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(cut, 10);
}

TEST(Mixing, WithBothEachHasHalfOfTheBatches) {
  TensorBatches plain = numbered();
  MixedBatches mixed(plain, {.mixup = 1, .cutmix = 1, .classes = kClasses});
  int whole = 0;
  for (std::int64_t epoch = 0; epoch < 40; ++epoch) {
    for (std::int64_t b = 0; b < plain.batches_per_epoch(); ++b) {
      const double first = mixed.make({epoch, b}).input().at({0, 0, 0, 0});
      whole += first == std::floor(first) ? 1 : 0;  // a number of a sample, not between two
    }
  }
  EXPECT_NEAR(whole, 200, 5 * std::sqrt(400 * 0.25));
}

TEST(Mixing, ABatchDependsOnSeedAndPositionAlone) {
  TensorBatches plain = numbered(), again = numbered();
  const Mixing both{.mixup = 0.2, .cutmix = 1, .classes = kClasses};
  MixedBatches mixed(plain, both, 1), later(again, both, 1), other(again, both, 2);
  std::vector<std::vector<double>> expected;
  for (std::int64_t b = 0; b < plain.batches_per_epoch(); ++b) {
    expected.push_back(mixed.make({1, b}).input().to_vector());
  }
  const int before = num_threads();
  bool differs = false;
  for (std::int64_t b = plain.batches_per_epoch() - 1; b >= 0; --b) {
    set_num_threads(static_cast<int>(b % 3) + 1);
    EXPECT_EQ(later.make({1, b}).input().to_vector(), expected[static_cast<std::size_t>(b)]);
    differs = differs || other.make({1, b}).input().to_vector() != expected[static_cast<std::size_t>(b)];
  }
  set_num_threads(before);
  EXPECT_TRUE(differs);
}

TEST(Mixing, DistributionsAreMixedAsTheyAre) {
  const Tensor p = Tensor::of({{.5, .5}, {1, 0}}, DType::float64), x = Tensor::of({{1}, {2}}, DType::float64);
  TensorBatches plain({.inputs = {x}, .targets = {p}}, {.batch_size = 2, .shuffle = false});
  MixedBatches mixed(plain, {.mixup = 1});
  const Batch batch = mixed.make({});
  const double lambda = 2 - batch.input().at({0, 0});
  EXPECT_NEAR(batch.target().at({0, 0}), .5 * lambda + (1 - lambda), 1e-15);
  EXPECT_NEAR(batch.target().at({1, 1}), .5 * (1 - lambda), 1e-15);
}

/// The moments of Beta(a, a) about 1/2: the second is 1 / (4 (2a + 1)), the fourth 3 / (16 (2a + 1) (2a + 3)).
TEST(Mixing, LambdaHasTheMomentsOfBeta) {
  constexpr int kDraws = 40000;
  for (const double a : {0.05, 0.2, 0.5, 0.6, 1.0, 4.0}) {
    double mean = 0, second = 0, fourth = 0;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const double lambda = symmetric_beta(a, RandomKey{.seed = 3}.derive(i)), d = lambda - 0.5;
      ASSERT_TRUE(lambda >= 0 && lambda <= 1) << lambda;
      mean += d / kDraws;
      second += d * d / kDraws;
      fourth += d * d * d * d / kDraws;
    }
    const double expected_second = 1 / (4 * (2 * a + 1)), expected_fourth = 3 / (16 * (2 * a + 1) * (2 * a + 3));
    EXPECT_NEAR(mean, 0, 5 * std::sqrt(expected_second / kDraws)) << a;
    EXPECT_NEAR(second, expected_second, 5 * std::sqrt((expected_fourth - expected_second * expected_second) / kDraws))
        << a;
    EXPECT_NEAR(fourth, expected_fourth, 5 * std::sqrt(expected_fourth / 16 / kDraws)) << a;
  }
  EXPECT_TRUE(std::isfinite(symmetric_beta(1e-300, {}))) << "nothing underflows to 0 / 0";
  EXPECT_NEAR(symmetric_beta(1e300, {}), 0.5, 1e-9);
}

TEST(Mixing, SaysWhatItDraws) {
  TensorBatches plain = numbered();
  MixedBatches mixed(plain, {.mixup = 0.2, .classes = 3}, 5);
  EXPECT_EQ(mixed.samples(), kSamples);
  EXPECT_EQ(mixed.batches_per_epoch(), 10);
  const auto [name, value] = mixed.settings().back();
  EXPECT_EQ(name, "mixing");
  EXPECT_EQ(value, "mixup 0.2, cutmix 0, 3 classes; drawn by seed 5");
  EXPECT_EQ(mixed.digest(), plain.digest());
}

TEST(Mixing, Refusals) {
  TensorBatches plain = numbered();
  const auto refusal = [&](Batches& batches, const Mixing& mixing) {
    return error_of([&] { MixedBatches(batches, mixing).make({}); });
  };
  EXPECT_EQ(refusal(plain, {.classes = 3}),
            "MixedBatches: neither mixup nor cutmix is above 0; give one, or use the batches as they are");
  const std::string rule = "; it is the alpha of a Beta(alpha, alpha), finite and above 0, or 0 for none";
  EXPECT_EQ(refusal(plain, {.mixup = -1}), "MixedBatches: mixup is -1" + rule);
  EXPECT_EQ(refusal(plain, {.cutmix = std::nan("")}), "MixedBatches: cutmix is nan" + rule);
  EXPECT_EQ(refusal(plain, {.cutmix = std::numeric_limits<double>::infinity()}), "MixedBatches: cutmix is inf" + rule);
  EXPECT_EQ(refusal(plain, {.mixup = 1, .classes = -1}), "MixedBatches: classes must not be negative, it is -1");
  EXPECT_EQ(refusal(plain, {.mixup = 1}), "MixedBatches: targets are labels; say of how many .classes");
  EXPECT_EQ(refusal(plain, {.mixup = 1, .classes = 2}), "MixedBatches: there is a label 2, which is none of 2 classes");
  TensorBatches integers({.inputs = {Tensor::ones({8, 2}, DType::int64)}, .targets = {Tensor::ones({8, 2})}},
                         {.batch_size = 8});
  EXPECT_EQ(refusal(integers, {.mixup = 1}), "MixedBatches: inputs must be float32 or float64, they are int64");
  TensorBatches rows({.inputs = {Tensor::ones({8, 2})}, .targets = {Tensor::ones({8, 2})}}, {.batch_size = 8});
  EXPECT_EQ(refusal(rows, {.cutmix = 1}), "MixedBatches: cutmix takes pictures [N, H, W, C], received [8, 2]");
  TensorBatches numbers({.inputs = {Tensor::ones({8, 2})}, .targets = {Tensor::ones({8})}}, {.batch_size = 8});
  EXPECT_EQ(refusal(numbers, {.mixup = 1}),
            "MixedBatches: targets must be labels int64 [N] or distributions [N, K], they are float32 [8]");
}

}  // namespace
}  // namespace gibbs::data
