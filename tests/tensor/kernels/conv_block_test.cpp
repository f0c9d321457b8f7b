// The block against a naive float64 spelling of pool(relu(conv + bias)), window by window, and its gradients against
// the separate kernels.
#include "gibbs/tensor/kernels/conv_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/near.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::near;
using std::int64_t;

struct Block {
  Shape x, w;
  Conv2dOptions conv = {};
};

/// The article's two blocks in small, odd sizes, padding and stride.
const std::vector<Block> kBlocks = {
    {{3, 12, 12, 3}, {3, 3, 3, 32}},
    {{2, 9, 9, 32}, {3, 3, 32, 64}},
    {{2, 7, 10, 16}, {3, 3, 16, 16}, {.pads = {1, 1, 1, 1}}},
    {{2, 11, 13, 4}, {5, 5, 4, 16}, {.stride_h = 2, .stride_w = 1}},
    {{40, 6, 6, 16}, {3, 3, 16, 16}},
    {{2, 40, 41, 16}, {3, 3, 16, 32}, {.pads = {1, 1, 1, 1}}},  // more windows than are worked on together
};

Tensor random(std::uint64_t seed, const Shape& shape) { return uniform({.seed = seed}, shape, -1, 1, DType::float64); }

/// z[n, y, x, o] + bias in float64, by the definition.
double convolved(const Block& c, const Tensor& x, const Tensor& w, const Tensor& bias, int64_t n, int64_t y,
                 int64_t left, int64_t o) {
  double sum = bias.at({o});
  for (int64_t ky = 0; ky < w.size(0); ++ky) {
    for (int64_t kx = 0; kx < w.size(1); ++kx) {
      const int64_t iy = y * c.conv.stride_h + ky - c.conv.pads.top,
                    ix = left * c.conv.stride_w + kx - c.conv.pads.left;
      if (iy < 0 || iy >= x.size(1) || ix < 0 || ix >= x.size(2)) {
        continue;
      }
      for (int64_t channel = 0; channel < x.size(3); ++channel) {
        sum += x.at({n, iy, ix, channel}) * w.at({ky, kx, channel, o});
      }
    }
  }
  return sum;
}

class ConvBlock : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Block c = kBlocks[GetParam()];
  const Tensor x = random(1, c.x), w = random(2, c.w), bias = random(3, {c.w[3]});
  const ConvBlockGeometry g = ConvBlockGeometry::of(c.x, c.w, c.conv, {});
};

TEST_P(ConvBlock, ForwardIsTheLargestOfEveryWindowAfterBiasAndRelu) {
  ASSERT_TRUE(conv_block_fits(g, DType::float64));
  const auto [y, routing] = conv_block(x, w, bias, g);
  for (int64_t n : {int64_t{0}, c.x[0] - 1}) {
    for (int64_t oy = 0; oy < g.pool.out_h; ++oy) {
      for (int64_t ox = 0; ox < g.pool.out_w; ++ox) {
        for (int64_t o = 0; o < c.w[3]; o += 5) {
          double best = 0;
          int winner = kNoWinner;
          for (int place = 0; place < 4; ++place) {
            const double z = convolved(c, x, w, bias, n, 2 * oy + place / 2, 2 * ox + place % 2, o);
            if (z > best) {
              best = z;
              winner = place;
            }
          }
          ASSERT_TRUE(near(y.at({n, oy, ox, o}), best, 1e-12));
          ASSERT_EQ(routing.at<int64_t>({n, oy, ox, o}), winner);
        }
      }
    }
  }
}

TEST_P(ConvBlock, GradientsAreThoseOfTheSeparateKernels) {
  const auto [y, routing] = conv_block(x, w, bias, g);
  const Tensor dy = random(4, y.shape());
  const Tensor exists = less(routing, kNoWinner);
  const Tensor dz = max_pool2d_scatter(dy * cast(exists, DType::float64), mul(routing, exists), g.pool);
  const auto [dx, dw, dbias] = conv_block_gradients(x, w, routing, dy, g, {.dx = true, .dw = true, .dbias = true});
  EXPECT_TRUE(near(dx, conv2d_dx(dz, w, g.conv), 1e-12));
  EXPECT_TRUE(near(dw, conv2d_dw(x, dz, g.conv), 1e-12));
  EXPECT_TRUE(near(dbias, sum(dz, {0, 1, 2}), 1e-12));
}

TEST_P(ConvBlock, Float32AgreesWithFloat64) {
  const Tensor x32 = cast(x, DType::float32), w32 = cast(w, DType::float32), bias32 = cast(bias, DType::float32);
  const auto [y, routing] = conv_block(x, w, bias, g);
  const auto [y32, routing32] = conv_block(x32, w32, bias32, g);
  EXPECT_TRUE(near(y32, y, 1e-5));
  const Tensor dy = random(4, y.shape());
  const auto all = ConvBlockWanted{.dx = true, .dw = true, .dbias = true};
  const auto d = conv_block_gradients(x, w, routing, dy, g, all);
  const auto d32 = conv_block_gradients(x32, w32, routing, cast(dy, DType::float32), g, all);
  EXPECT_TRUE(near(d32.dx, d.dx, 1e-5));
  EXPECT_TRUE(near(d32.dw, d.dw, 3e-5)) << "sums of up to 800 terms";
  EXPECT_TRUE(near(d32.dbias, d.dbias, 1e-5));
}

TEST_P(ConvBlock, TheSameBitsOnAnyNumberOfThreads) {
  const int before = num_threads();
  std::vector<double> expected;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    const auto [y, routing] = conv_block(x, w, bias, g);
    auto [dx, dw, dbias] = conv_block_gradients(x, w, routing, y, g, {.dx = true, .dw = true, .dbias = true});
    std::vector<double> all;
    for (const Tensor& t : {y, routing, dx, dw, dbias}) {
      const auto values = t.to_vector();
      all.insert(all.end(), values.begin(), values.end());
    }
    expected = expected.empty() ? all : expected;
    EXPECT_EQ(all, expected) << threads << " threads";
  }
  set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(Geometries, ConvBlock, ::testing::Range<std::size_t>(0, kBlocks.size()));

TEST(ConvBlockKernel, ComputesOnlyWhatIsWanted) {
  const Block c = kBlocks[1];
  const Tensor x = random(1, c.x), w = random(2, c.w), bias = random(3, {c.w[3]});
  const ConvBlockGeometry g = ConvBlockGeometry::of(c.x, c.w, c.conv, {});
  const auto [y, routing] = conv_block(x, w, bias, g);
  const auto [dx, dw, dbias] = conv_block_gradients(x, w, routing, y, g, {.dx = false, .dw = true, .dbias = false});
  EXPECT_FALSE(dx.defined());
  EXPECT_TRUE(dw.defined());
  EXPECT_FALSE(dbias.defined());
}

TEST(ConvBlockKernel, ANaNReachesItsWindowAndNoOther) {
  Tensor x = Tensor::ones({1, 6, 6, 1}), w = Tensor::ones({1, 1, 1, 16});
  w = uniform({.seed = 1}, {3, 3, 1, 16}, 0.5, 1);
  x.set({0, 0, 0, 0}, std::numeric_limits<double>::quiet_NaN());
  const auto y = conv_block(x, w, Tensor::zeros({16}), ConvBlockGeometry::of(x.shape(), w.shape(), {}, {})).y;
  EXPECT_TRUE(std::isnan(y.at({0, 0, 0, 3})));
  EXPECT_TRUE(std::isfinite(y.at({0, 1, 1, 3})));
}

TEST(ConvBlockKernel, SaysWhatItDoesNotHandle) {
  const auto fits = [](const Shape& x, const Shape& w, const Conv2dOptions& conv, const Pool2dOptions& pool) {
    return conv_block_fits(ConvBlockGeometry::of(x, w, conv, pool), DType::float32);
  };
  EXPECT_TRUE(fits({1, 8, 8, 3}, {3, 3, 3, 16}, {}, {}));
  EXPECT_FALSE(fits({1, 8, 8, 3}, {3, 3, 3, 5}, {}, {}));  // filters that fill no vector
  EXPECT_FALSE(fits({1, 8, 8, 16}, {3, 3, 16, 16}, {.dilation_h = 2}, {}));
  EXPECT_FALSE(fits({1, 8, 8, 3}, {3, 3, 3, 16}, {}, {.window_h = 3, .window_w = 3, .stride_h = 3, .stride_w = 3}));
  EXPECT_FALSE(fits({1, 8, 8, 3}, {3, 3, 3, 16}, {}, {.pads = {1, 1, 1, 1}}));
  EXPECT_FALSE(fits({0, 8, 8, 3}, {3, 3, 3, 16}, {}, {}));
  const Tensor x = Tensor::zeros({1, 8, 8, 3}), w = Tensor::zeros({3, 3, 3, 5});
  EXPECT_THAT([&] { conv_block(x, w, Tensor::zeros({5}), ConvBlockGeometry::of(x.shape(), w.shape(), {}, {})); },
              ::testing::ThrowsMessage<Error>("conv_block: this geometry is not handled; ask conv_block_fits first"));
}

}  // namespace
}  // namespace gibbs::kernels
