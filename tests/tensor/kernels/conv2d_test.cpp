// The three convolution kernels against seven nested loops in float64, over many geometries.
#include "gibbs/tensor/kernels/conv2d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

struct Case {
  Shape x, w;
  Conv2dOptions options;
};

std::vector<Case> cases() {
  return {{{3, 8, 9, 4}, {3, 3, 4, 6}, {}},
          {{2, 7, 7, 3}, {1, 1, 3, 5}, {}},
          {{2, 7, 6, 3}, {1, 1, 3, 5}, {.stride_h = 2, .stride_w = 3}},
          {{2, 4, 5, 3}, {1, 1, 3, 2}, {.pads = {1, 0, 0, 2}}},
          {{1, 5, 6, 2}, {5, 6, 2, 3}, {}},
          {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
          {{2, 9, 11, 3}, {3, 2, 3, 4}, {.stride_h = 2, .stride_w = 3, .pads = {1, 2, 3, 0}}},
          {{2, 10, 9, 2}, {3, 3, 2, 4}, {.pads = {2, 2, 2, 2}, .dilation_h = 2, .dilation_w = 3}},
          {{2, 6, 7, 6}, {3, 3, 2, 9}, {.pads = {1, 1, 1, 1}, .groups = 3}},
          {{2, 6, 7, 4}, {1, 1, 2, 6}, {.groups = 2}},
          {{2, 7, 6, 5}, {3, 3, 1, 5}, {.stride_h = 2, .stride_w = 1, .pads = {1, 1, 1, 1}, .groups = 5}},
          {{2, 5, 5, 3}, {2, 2, 1, 6}, {.groups = 3}},
          {{2, 9, 8, 21}, {3, 2, 1, 21}, {.pads = {1, 1, 2, 0}, .groups = 21}},
          {{3, 8, 9, 16}, {3, 3, 1, 16}, {.stride_w = 3, .pads = {5, 0, 1, 7}, .dilation_h = 2, .groups = 16}},
          {{2, 4, 4, 2}, {3, 3, 2, 2}, {.pads = {5, 4, 3, 6}}},
          {{4, 32, 32, 3}, {3, 3, 3, 32}, {}},
          {{5, 15, 15, 32}, {3, 3, 32, 64}, {}},
          {{2, 15, 13, 16}, {3, 3, 16, 32}, {.pads = {1, 1, 1, 1}}},
          {{2, 12, 17, 5}, {5, 3, 5, 48}, {.pads = {2, 1, 0, 2}}},
          {{3, 11, 10, 7}, {3, 3, 7, 112}, {.stride_h = 2, .stride_w = 2, .pads = {0, 1, 0, 1}}},
          {{2, 9, 10, 16}, {3, 4, 16, 5}, {.pads = {2, 0, 1, 3}}},
          {{1, 40, 41, 8}, {3, 3, 8, 16}, {.pads = {1, 1, 1, 1}}},
          {{1, 6, 6, 64}, {3, 3, 64, 256}, {.pads = {1, 1, 1, 1}}},
          // Weights of more than 2 MB.
          {{2, 5, 4, 230}, {3, 3, 230, 260}, {.stride_h = 2, .pads = {1, 1, 1, 1}}},
          {{2, 2, 1, 700}, {1, 1, 700, 800}, {}},
          // Images of several bands of lines, whose gradients overlap.
          {{2, 45, 20, 60}, {5, 5, 60, 3}, {}},
          {{1, 50, 20, 60}, {3, 3, 60, 3}, {.stride_h = 2, .dilation_h = 7}}};
}

/// Calls visit(flat y, flat x, flat w) for every product that makes up the convolution.
template <class Visit>
void naive_visit(const Conv2dGeometry& g, Visit visit) {
  const Conv2dOptions& o = g.options;
  const int64_t channels = g.channels / o.groups, filters = g.filters / o.groups;
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t oy = 0; oy < g.out_h; ++oy)
      for (int64_t ox = 0; ox < g.out_w; ++ox)
        for (int64_t ky = 0; ky < g.kernel_h; ++ky)
          for (int64_t kx = 0; kx < g.kernel_w; ++kx) {
            const int64_t y = oy * o.stride_h - o.pads.top + ky * o.dilation_h;
            const int64_t x = ox * o.stride_w - o.pads.left + kx * o.dilation_w;
            if (y < 0 || y >= g.height || x < 0 || x >= g.width) {
              continue;
            }
            for (int64_t c = 0; c < channels; ++c)
              for (int64_t f = 0; f < g.filters; ++f) {
                visit(((n * g.out_h + oy) * g.out_w + ox) * g.filters + f,
                      ((n * g.height + y) * g.width + x) * g.channels + f / filters * channels + c,
                      ((ky * g.kernel_w + kx) * channels + c) * g.filters + f);
              }
          }
}

TEST(Conv2d, AllThreeKernelsAgreeWithNaiveLoops) {
  for (const auto& [x_shape, w_shape, options] : cases()) {
    const Conv2dGeometry g = Conv2dGeometry::of(x_shape, w_shape, options);
    for (const DType dtype : {DType::float32, DType::float64}) {
      SCOPED_TRACE(to_string(x_shape) + " * " + to_string(w_shape) + " " + name_of(dtype));
      const Tensor x = random_tensor(x_shape, dtype, 1), w = random_tensor(w_shape, dtype, 2);
      const Tensor dy = random_tensor(g.y_shape(), dtype, 3);
      const std::vector<double> xs = x.to_vector(), ws = w.to_vector(), dys = dy.to_vector();
      std::vector<double> y(dys.size()), dx(xs.size()), dw(ws.size());
      naive_visit(g, [&](int64_t out, int64_t in, int64_t weight) {
        y[out] += xs[in] * ws[weight];
        dx[in] += dys[out] * ws[weight];
        dw[weight] += dys[out] * xs[in];
      });
      expect_near(conv2d(x, w, g), y, dtype);
      expect_near(conv2d_dx(dy, w, g), dx, dtype);
      expect_near(conv2d_dw(x, dy, g), dw, dtype);
    }
  }
}

TEST(Conv2d, IsOneTrilinearForm) {
  for (const auto& [x_shape, w_shape, options] : cases()) {
    const Conv2dGeometry g = Conv2dGeometry::of(x_shape, w_shape, options);
    const Tensor x = random_tensor(x_shape, DType::float64, 4), w = random_tensor(w_shape, DType::float64, 5);
    const Tensor dy = random_tensor(g.y_shape(), DType::float64, 6);
    const double form = inner_product(dy, conv2d(x, w, g)), scale = std::max(1.0, std::abs(form));
    EXPECT_NEAR(inner_product(conv2d_dx(dy, w, g), x) / scale, form / scale, 1e-11);
    EXPECT_NEAR(inner_product(conv2d_dw(x, dy, g), w) / scale, form / scale, 1e-11);
  }
}

TEST(Conv2d, SameBitsOnAnyNumberOfThreads) {
  for (const auto& [x_shape, w_shape, options] :
       {Case{{40, 15, 15, 32}, {3, 3, 32, 64}, {}}, Case{{40, 30, 30, 3}, {3, 3, 3, 20}, {.pads = {1, 1, 1, 1}}},
        Case{{6, 20, 20, 32}, {1, 1, 32, 48}, {}}, Case{{9, 20, 21, 12}, {3, 3, 4, 24}, {.stride_h = 2, .groups = 3}},
        Case{{3, 8, 8, 256}, {3, 3, 256, 512}, {.dilation_h = 2}}, Case{{1, 45, 20, 60}, {5, 5, 60, 3}, {}}}) {
    const Conv2dGeometry g = Conv2dGeometry::of(x_shape, w_shape, options);
    const Tensor x = random_tensor(x_shape, DType::float32, 1), w = random_tensor(w_shape, DType::float32, 2);
    const Tensor dy = random_tensor(g.y_shape(), DType::float32, 3);
    expect_same_bits_on_any_threads([&] {
      return std::vector<Tensor>{conv2d(x, w, g), conv2d_dx(dy, w, g), conv2d_dw(x, dy, g)};
    });
  }
}

TEST(Conv2d, SteadyStateRequestsNoMemory) {
  const Conv2dGeometry g = Conv2dGeometry::of({8, 15, 15, 8}, {3, 3, 8, 24}, {.pads = {1, 1, 1, 1}, .dilation_h = 2});
  const Tensor x = random_tensor(g.x_shape(), DType::float32, 1), w = random_tensor(g.w_shape(), DType::float32, 2);
  const int before = num_threads();
  set_num_threads(1);
  std::size_t requests = 0;
  for (int i = 0; i < 3; ++i) {
    requests = i < 2 ? memory::system_allocations() : requests;
    const Tensor y = conv2d(x, w, g);
    conv2d_dx(y, w, g);
    conv2d_dw(x, y, g);
  }
  set_num_threads(before);
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_EQ(memory::system_allocations(), requests);
#endif
}

TEST(Conv2d, EmptyBatchesAndChannels) {
  const Conv2dGeometry g = Conv2dGeometry::of({0, 5, 5, 2}, {3, 3, 2, 4}, {});
  const Tensor x = Tensor::ones(g.x_shape()), w = Tensor::ones(g.w_shape()), y = Tensor::ones(g.y_shape());
  EXPECT_EQ(conv2d(x, w, g).shape(), (Shape{0, 3, 3, 4}));
  EXPECT_EQ(conv2d_dx(y, w, g).shape(), (Shape{0, 5, 5, 2}));
  EXPECT_THAT(conv2d_dw(x, y, g).to_vector(), ::testing::Each(0));
  const Conv2dGeometry none = Conv2dGeometry::of({1, 3, 3, 0}, {2, 2, 0, 3}, {});
  EXPECT_THAT(conv2d(Tensor::ones(none.x_shape()), Tensor::ones(none.w_shape()), none).to_vector(), ::testing::Each(0));
  const Conv2dGeometry mute = Conv2dGeometry::of({1, 3, 3, 2}, {2, 2, 2, 0}, {});
  EXPECT_THAT(conv2d_dx(Tensor::ones(mute.y_shape()), Tensor::ones(mute.w_shape()), mute).to_vector(),
              ::testing::Each(0));
  EXPECT_EQ(conv2d_dw(Tensor::ones(mute.x_shape()), Tensor::ones(mute.y_shape()), mute).numel(), 0);
}

TEST(Conv2d, NanReachesExactlyThePixelsThatLookAtIt) {
  for (const int64_t filters : {5, 32}) {
    const Conv2dGeometry g = Conv2dGeometry::of({1, 6, 6, 1}, {3, 3, 1, filters}, {.pads = {1, 1, 1, 1}});
    Tensor x = Tensor::ones(g.x_shape());
    x.set({0, 0, 4, 0}, std::numeric_limits<double>::quiet_NaN());
    const Tensor y = conv2d(x, Tensor::ones(g.w_shape()), g);
    for (int64_t i = 0; i < 6; ++i) {
      for (int64_t j = 0; j < 6; ++j) {
        EXPECT_EQ(std::isnan(y.at({0, i, j, filters - 1})), i <= 1 && j >= 3) << i << ", " << j;
      }
    }
  }
}

TEST(Conv2d, ErrorsStateTheRule) {
  const auto of = [](const Shape& x, const Shape& w, const Conv2dOptions& o) {
    return [=] { Conv2dGeometry::of(x, w, o); };
  };
  const Shape x{1, 8, 8, 4}, w{3, 3, 4, 6};
  expect_error(of({8, 8, 4}, w, {}), "conv2d: needs x [N, H, W, C], not [8, 8, 4]");
  expect_error(of(x, {3, 4, 6}, {}), "conv2d: needs w [KH, KW, C/groups, O], not [3, 4, 6]");
  expect_error(of(x, {0, 3, 4, 6}, {}), "conv2d: kernel 0 x 3 must be at least 1 x 1");
  expect_error(of(x, w, {.stride_h = 0}), "conv2d: stride 0 x 1 must be at least 1 x 1");
  expect_error(of(x, w, {.dilation_w = 0}), "conv2d: dilation 1 x 0 must be at least 1 x 1");
  expect_error(of(x, w, {.pads = {.left = -1}}), "conv2d: pads (top 0, bottom 0, left -1, right 0) must be at least 0");
  expect_error(of(x, w, {.groups = 0}), "conv2d: groups must be at least 1, not 0");
  expect_error(of(x, w, {.groups = 2}),
               "conv2d: x [1, 8, 8, 4] has 4 channels, w [3, 3, 4, 6] with groups = 2 takes 8");
  expect_error(of(x, {3, 3, 1, 6}, {.groups = 4}), "conv2d: 6 filters cannot be shared among 4 groups");
  expect_error(of(x, w, {.dilation_h = 4}),
               "conv2d: the kernel reaches over 9 x 3, the padded image is 8 x 8; pad more or use a smaller kernel");
  const Conv2dGeometry g = Conv2dGeometry::of(x, w, {});
  const Tensor image = Tensor::ones(x), weights = Tensor::ones(w);
  expect_error([&] { conv2d(weights, weights, g); }, "conv2d: x is [3, 3, 4, 6], the geometry needs [1, 8, 8, 4]");
  expect_error([&] { conv2d_dx(image, weights, g); }, "conv2d_dx: dy is [1, 8, 8, 4], the geometry needs [1, 6, 6, 6]");
  expect_error([&] { conv2d_dw(image, image, g); }, "conv2d_dw: dy is [1, 8, 8, 4], the geometry needs [1, 6, 6, 6]");
  expect_error([&] { conv2d(image, Tensor::ones(w, DType::float64), g); },
               "conv2d: dtypes differ: float32 and float64; convert one with cast");
  expect_error([&] { conv2d(Tensor::ones(x, DType::int64), Tensor::ones(w, DType::int64), g); },
               "conv2d: needs float32 or float64, not int64; convert with cast");
}

}  // namespace
}  // namespace gibbs::kernels
