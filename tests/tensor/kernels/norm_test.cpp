// Moments and normalised numbers against their definitions in long double: every kind of geometry in sizes that cut
// pieces and wide rows everywhere, large means, and the same bits on any threads.
#include "gibbs/tensor/kernels/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/any_threads.h"
#include "tests/testing/error_of.h"

namespace gibbs::kernels {
namespace {

using Real = long double;

struct NormCase {
  const char* what;
  NormGeometry g;
};

/// The last pieces are cut, wide rows have rests, and there are more channels than one piece has room for.
const NormCase kNormCases[] = {
    {"batch, narrow", NormGeometry::of_batch({5, 61, 67, 3})},
    {"batch, one channel", NormGeometry::of_batch({70001, 1})},
    {"batch, wide", NormGeometry::of_batch({333, 257})},
    {"batch, two rows", NormGeometry::of_batch({2, 40000})},
    {"batch, fewer rows than a wide row has", NormGeometry::of_batch({5, 7})},
    {"instances", NormGeometry::of_groups({3, 41, 43, 20}, 20)},
    {"groups", NormGeometry::of_groups({3, 41, 43, 24}, 4)},
    {"groups of rows", NormGeometry::of_groups({333, 24}, 4)},
    {"rows", NormGeometry::of_rows({129, 515}, 1)},
    {"short rows", NormGeometry::of_rows({40001, 3}, 1)},
    {"one number each", NormGeometry::of_rows({5, 1}, 1)},
};

struct Exact {
  std::vector<Real> mean, var;
};

Exact exact_moments(const std::vector<double>& x, const NormGeometry& g) {
  Exact e{std::vector<Real>(static_cast<std::size_t>(g.outer * g.groups)), {}};
  e.var = e.mean;
  const auto group_of = [&](std::int64_t i) {
    const std::int64_t channels = g.channels();
    return i / channels / g.positions * g.groups + i % channels / g.depth;
  };
  const auto count = static_cast<Real>(g.count());
  for (std::int64_t i = 0; i < std::ssize(x); ++i) {
    e.mean[group_of(i)] += static_cast<Real>(x[i]) / count;
  }
  for (std::int64_t i = 0; i < std::ssize(x); ++i) {
    const Real d = static_cast<Real>(x[i]) - e.mean[group_of(i)];
    e.var[group_of(i)] += d * d / count;
  }
  return e;
}

TEST(Norm, MomentsAreThoseOfTheDefinition) {
  for (const auto& [what, g] : kNormCases) {
    for (const double center : {0.0, 1e4}) {
      const Tensor x = normal({.seed = 1}, g.x_shape(), center, 1, DType::float32);
      const Exact exact = exact_moments(x.to_vector(), g);
      const auto mean = moments(x, g).mean.to_vector(), var = moments(x, g).var.to_vector();
      const auto square = moments(x, g, /*centered=*/false).var.to_vector();
      for (std::size_t i = 0; i < mean.size(); ++i) {
        const Real m = exact.mean[i], v = exact.var[i];
        ASSERT_LE(std::abs(mean[i] - m), 1e-13L * (1 + std::abs(m))) << what << ", center " << center;
        ASSERT_LE(std::abs(var[i] - v), 1e-11L * (v + 1e-12L)) << what << ", center " << center;
        ASSERT_LE(std::abs(square[i] - (v + m * m)), 1e-12L * (v + m * m)) << what << ", center " << center;
      }
    }
  }
}

TEST(Norm, AMeanMuchLargerThanTheDeviationDoesNotCancel) {
  for (const auto& [what, g] : kNormCases) {
    const Tensor x = normal({.seed = 2}, g.x_shape(), 1e4, 1, DType::float32);
    const Exact exact = exact_moments(x.to_vector(), g);
    const auto y = normalize(x, moments(x, g), {}, g, 1e-5).to_vector(), from = x.to_vector();
    for (std::int64_t i = 0; i < std::ssize(y); ++i) {
      const std::int64_t group = i / g.channels() / g.positions * g.groups + i % g.channels() / g.depth;
      const Real n = (static_cast<Real>(from[i]) - exact.mean[group]) / std::sqrt(exact.var[group] + 1e-5L);
      ASSERT_LE(std::abs(static_cast<Real>(y[i]) - n), 1e-5L) << what << " at " << i;
    }
  }
}

/// One number far from all others, where the pivot stands and where it does not.
TEST(Norm, AnOutlierCostsOthersNoDigits) {
  for (const std::int64_t at : {0, 1, 7777}) {
    Tensor x = normal({.seed = 3}, {20000, 2}, 5, 1e-3, DType::float64);
    x.set({at, 0}, 1e6);
    const NormGeometry g = NormGeometry::of_batch(x.shape());
    const Exact exact = exact_moments(x.to_vector(), g);
    const Moments m = moments(x, g);
    for (std::int64_t c = 0; c < 2; ++c) {
      EXPECT_LE(std::abs(m.var.at({0, c}) - exact.var[c]), 1e-10L * exact.var[c]) << at << ", channel " << c;
    }
  }
}

TEST(Norm, GradientsAreThoseOfTheFormula) {
  for (const NormCase& c : kNormCases) {
    const char* what = c.what;
    const NormGeometry& g = c.g;
    const Tensor x = normal({.seed = 4}, g.x_shape(), 3, 2, DType::float64);
    const Tensor dy = normal({.seed = 5}, g.x_shape(), 0, 1, DType::float64);
    const Tensor scale = uniform({.seed = 6}, {g.channels()}, 0.5, 1.5, DType::float64);
    for (const MomentsAre are : {MomentsAre::own, MomentsAre::own_mean_square, MomentsAre::constants}) {
      const Moments m = moments(x, g, are != MomentsAre::own_mean_square);
      const auto [dx, dscale, dshift] = normalize_gradients(x, m, {scale}, dy, g, 1e-3, are, {true, true, true});
      const auto xs = x.to_vector(), dys = dy.to_vector(), scales = scale.to_vector(), mean = m.mean.to_vector(),
                 var = m.var.to_vector();
      const std::int64_t channels = g.channels(), all = std::ssize(xs);
      std::vector<Real> of_scale(scales.size()), of_shift(scales.size()), pull(mean.size()), pull_n(mean.size());
      const auto group_of = [&](std::int64_t i) {
        return i / channels / g.positions * g.groups + i % channels / g.depth;
      };
      const auto r_of = [&](std::int64_t i) { return 1 / std::sqrt(static_cast<Real>(var[group_of(i)]) + 1e-3L); };
      const auto n_of = [&](std::int64_t i) { return (static_cast<Real>(xs[i]) - mean[group_of(i)]) * r_of(i); };
      for (std::int64_t i = 0; i < all; ++i) {
        const Real gradient = dys[i] * static_cast<Real>(scales[i % channels]);
        of_shift[i % channels] += dys[i];
        of_scale[i % channels] += dys[i] * n_of(i);
        pull[group_of(i)] += are == MomentsAre::own ? gradient / g.count() : 0;
        pull_n[group_of(i)] += are == MomentsAre::constants ? 0 : gradient * n_of(i) / g.count();
      }
      for (std::int64_t k = 0; k < channels; ++k) {
        ASSERT_LE(std::abs(dscale.at({k}) - of_scale[k]), 1e-10L) << what << ", channel " << k;
        ASSERT_LE(std::abs(dshift.at({k}) - of_shift[k]), 1e-10L) << what << ", channel " << k;
      }
      const auto got = dx.to_vector();
      for (std::int64_t i = 0; i < all; ++i) {
        const Real expected = r_of(i) * (dys[i] * static_cast<Real>(scales[i % channels]) - pull[group_of(i)] -
                                         n_of(i) * pull_n[group_of(i)]);
        ASSERT_LE(std::abs(got[i] - expected), 1e-12L * (1 + std::abs(expected))) << what << " at " << i;
      }
    }
  }
}

TEST(Norm, TheSameBitsOnAnyNumberOfThreads) {
  for (const auto& [what, g] : kNormCases) {
    const Tensor x = normal({.seed = 7}, g.x_shape(), 3, 2), dy = normal({.seed = 8}, g.x_shape(), 0, 1);
    const Tensor scale = uniform({.seed = 9}, {g.channels()}, 0.5, 1.5);
    testing::expect_same_bits_on_any_threads([&, g = g] {
      const Moments m = moments(x, g);
      const auto [dx, dscale, dshift] =
          normalize_gradients(x, m, {scale}, dy, g, 1e-3, MomentsAre::own, {true, true, true});
      return std::vector<Tensor>{m.mean, m.var, normalize(x, m, {scale}, g, 1e-3), dx, dscale, dshift};
    });
  }
}

TEST(Norm, NothingIsNormalisedToNothing) {
  const Shape shapes[] = {{0, 3}, {3, 0}};
  for (const Shape& shape : shapes) {
    for (const NormGeometry& g : {NormGeometry::of_batch(shape), NormGeometry::of_rows(shape, 1)}) {
      const Tensor x = Tensor::zeros(shape), scale = Tensor::ones({g.channels()});
      const Moments m = moments(x, g);
      EXPECT_EQ(normalize(x, m, {scale}, g, 1e-3).shape(), shape);
      const auto [dx, dscale, dshift] =
          normalize_gradients(x, m, {scale}, x, g, 1e-3, MomentsAre::own, {true, true, true});
      EXPECT_EQ(dx.shape(), shape);
      EXPECT_EQ(dscale.to_vector(), std::vector<double>(static_cast<std::size_t>(g.channels())));
    }
  }
}

TEST(Norm, GeometriesThatCannotBeAreRefused) {
  using gibbs::testing::error_of;
  EXPECT_EQ(error_of([] { NormGeometry::of_batch({}); }), "normalize: needs x [..., C], not []");
  EXPECT_EQ(error_of([] { NormGeometry::of_groups({4}, 2); }), "normalize: needs x [N, ..., C], not [4]");
  for (const std::int64_t groups : {0, -2, 3}) {
    EXPECT_EQ(error_of([&] {
                NormGeometry::of_groups({2, 4}, groups);
              }),
              "normalize: groups must divide channels, but " + std::to_string(groups) + " does not divide 4");
  }
  EXPECT_EQ(error_of([] { NormGeometry::of_rows({2, 4}, 3); }), "normalize: x is [2, 4], and has no 3 last axes");
}

}  // namespace
}  // namespace gibbs::kernels
