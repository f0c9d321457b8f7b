// Winograd's three kernels in float64 against the direct ones, which share no step with them; in float32 against
// float64; which geometries take them; and that the gradients are the transposes of the forward pass.
#include "gibbs/tensor/kernels/convolution/winograd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

/// Even and odd sizes, padding on any side, narrow and wide vectors, one block of tiles and several.
const std::vector<Conv2dGeometry>& geometries() {
  static const std::vector<Conv2dGeometry> all = {
      Conv2dGeometry::of({3, 15, 15, 32}, {3, 3, 32, 64}, {}),
      Conv2dGeometry::of({2, 6, 9, 32}, {3, 3, 32, 32}, {}),
      Conv2dGeometry::of({2, 7, 7, 32}, {3, 3, 32, 48}, {.pads = {1, 1, 1, 1}}),
      Conv2dGeometry::of({2, 8, 5, 48}, {3, 3, 48, 32}, {.pads = {2, 0, 1, 2}}),
      Conv2dGeometry::of({2, 41, 38, 32}, {3, 3, 32, 80}, {.pads = {1, 1, 1, 1}}),
      Conv2dGeometry::of({40, 6, 6, 32}, {3, 3, 32, 32}, {}),
      Conv2dGeometry::of({30, 7, 6, 128}, {3, 3, 128, 144}, {.pads = {1, 1, 1, 1}}),  // large weights
      // Of which a sum is made in pieces of 128 tiles, and all of them in several blocks.
      Conv2dGeometry::of({4, 30, 30, 128}, {3, 3, 128, 144}, {.pads = {1, 1, 1, 1}}),
  };
  return all;
}

struct Operands {
  explicit Operands(const Conv2dGeometry& g)
      : x(random_tensor(g.x_shape(), DType::float64, 1)),
        w(random_tensor(g.w_shape(), DType::float64, 2)),
        dy(random_tensor(g.y_shape(), DType::float64, 3)) {}
  Tensor x, w, dy;
};

struct Results {
  Tensor y, dx, dw;
};

template <class T>
Results run(const Conv2dGeometry& g, const Tensor& x, const Tensor& w, const Tensor& dy) {
  const auto wrong = [](const Shape& shape) { return Tensor::full(shape, -9, dtype_of<T>); };
  Results r{wrong(g.y_shape()), wrong(g.x_shape()), wrong(g.w_shape())};
  winograd::conv2d(g, x.data<T>(), w.data<T>(), detail::Finish<T>(), r.y.template mutable_data<T>());
  winograd::conv2d_dx(g, dy.data<T>(), w.data<T>(), r.dx.template mutable_data<T>());
  winograd::conv2d_dw(g, x.data<T>(), dy.data<T>(), r.dw.template mutable_data<T>());
  return r;
}

TEST(Conv2dWinograd, IsTheConvolutionAndItsGradientsInFloat64) {
  for (const Conv2dGeometry& g : geometries()) {
    const Operands o(g);
    const Results r = run<double>(g, o.x, o.w, o.dy);
    expect_near(r.y, conv2d(o.x, o.w, g).to_vector(), DType::float64);
    expect_near(r.dx, conv2d_dx(o.dy, o.w, g).to_vector(), DType::float64);
    expect_near(r.dw, conv2d_dw(o.x, o.dy, g).to_vector(), DType::float64);
  }
}

TEST(Conv2dWinograd, Float32IsWithinAFewRoundingsOfFloat64) {
  for (const Conv2dGeometry& g : geometries()) {
    const Operands o(g);
    const Tensor x = cast(o.x, DType::float32), w = cast(o.w, DType::float32), dy = cast(o.dy, DType::float32);
    EXPECT_TRUE(winograd::fits(g, DType::float32) && winograd::dx_fits(g, DType::float32));
    expect_near(conv2d(x, w, g), conv2d(o.x, o.w, g).to_vector(), DType::float32);
    expect_near(conv2d_dx(dy, w, g), conv2d_dx(o.dy, o.w, g).to_vector(), DType::float32);
    expect_near(conv2d_dw(x, dy, g), conv2d_dw(o.x, o.dy, g).to_vector(), DType::float32);
  }
}

TEST(Conv2dWinograd, TheSameBitsOnAnyNumberOfThreads) {
  for (const Conv2dGeometry& g : geometries()) {
    const Tensor x = random_tensor(g.x_shape(), DType::float32, 1), w = random_tensor(g.w_shape(), DType::float32, 2);
    const Tensor dy = random_tensor(g.y_shape(), DType::float32, 3);
    expect_same_bits_on_any_threads([&] {
      const Results r = run<float>(g, x, w, dy);
      return std::vector<Tensor>{r.y, r.dx, r.dw};
    });
  }
}

TEST(Conv2dWinograd, LargeWeightsAreWorkedOnInSeveralBlocks) {
  const Conv2dGeometry g = Conv2dGeometry::of({5, 90, 90, 144}, {3, 3, 144, 128}, {});
  ASSERT_TRUE(winograd::weights_are_large(g));
  ASSERT_LT(winograd::tiles_at_a_time(g), 5 * 44 * 44);
  const Tensor x = random_tensor(g.x_shape(), DType::float32, 1), w = random_tensor(g.w_shape(), DType::float32, 2);
  const Tensor dy = random_tensor(g.y_shape(), DType::float32, 3);
  const Results r = run<float>(g, x, w, dy);
  const double y_dy = inner_product(r.y, dy), scale = std::sqrt(static_cast<double>(r.y.numel()) * 144 * 9);
  EXPECT_NEAR(inner_product(r.dx, x), y_dy, 1e-5 * scale) << "<dy, conv(x, w)> is linear in x";
  EXPECT_NEAR(inner_product(r.dw, w), y_dy, 1e-5 * scale) << "and in w";
  for (const int64_t pixel : {int64_t{0}, int64_t{5 * 88 * 88 - 7}}) {
    double sum = 0;
    const int64_t image = pixel / (88 * 88), row = pixel / 88 % 88, column = pixel % 88;
    for (int64_t k = 0; k < 9; ++k) {
      for (int64_t c = 0; c < 144; ++c) {
        sum += x.at({image, row + k / 3, column + k % 3, c}) * w.at({k / 3, k % 3, c, 5});
      }
    }
    EXPECT_NEAR(r.y.at({image, row, column, 5}), sum, 1e-4);
  }
}

TEST(Conv2dWinograd, IsExactForSmallWholeNumbers) {
  const Conv2dGeometry g = Conv2dGeometry::of({2, 6, 6, 16}, {3, 3, 16, 16}, {});
  Tensor x = Tensor::uninitialized(g.x_shape(), DType::float32), w = Tensor::uninitialized(g.w_shape(), DType::float32);
  for (int64_t i = 0; i < x.numel(); ++i) {
    x.mutable_data<float>()[i] = static_cast<float>(i * 7 % 5 - 2);
  }
  for (int64_t i = 0; i < w.numel(); ++i) {
    w.mutable_data<float>()[i] = static_cast<float>(i * 3 % 7 - 3);
  }
  EXPECT_EQ(conv2d(x, w, g).to_vector(), conv2d(cast(x, DType::float64), cast(w, DType::float64), g).to_vector());
}

TEST(Conv2dWinograd, TakesThreeByThreeKernelsOnWholeVectorsOfFloat32) {
  const auto fits = [](const Shape& x, const Shape& w, const Conv2dOptions& options = {},
                       DType dtype = DType::float32) {
    return winograd::fits(Conv2dGeometry::of(x, w, options), dtype);
  };
  EXPECT_TRUE(fits({250, 15, 15, 32}, {3, 3, 32, 64}));
  EXPECT_TRUE(fits({8, 7, 7, 512}, {3, 3, 512, 512}, {.pads = {1, 1, 1, 1}}));
  EXPECT_FALSE(fits({8, 15, 15, 32}, {3, 3, 32, 64}, {}, DType::float64)) << "float64 is for checking";
  EXPECT_FALSE(fits({8, 32, 32, 3}, {3, 3, 3, 32})) << "three channels fill no vector";
  EXPECT_FALSE(fits({8, 15, 15, 32}, {3, 3, 32, 33}));
  EXPECT_FALSE(fits({8, 15, 15, 32}, {5, 5, 32, 64}));
  EXPECT_FALSE(fits({8, 15, 15, 32}, {3, 3, 32, 64}, {.stride_h = 2}));
  EXPECT_FALSE(fits({8, 15, 15, 32}, {3, 3, 32, 64}, {.dilation_w = 2}));
  EXPECT_FALSE(fits({8, 15, 15, 32}, {3, 3, 16, 64}, {.groups = 2}));
  EXPECT_FALSE(fits({8, 5, 5, 32}, {3, 3, 32, 64})) << "nine outputs are too few to be worth it";
  EXPECT_FALSE(fits({0, 15, 15, 32}, {3, 3, 32, 64}));
  EXPECT_FALSE(fits({1, 7, 7, 512}, {3, 3, 512, 512}, {.pads = {1, 1, 1, 1}})) << "sixteen tiles, a million weights";
  const auto dx_fits = [](const Shape& x, const Pads& pads) {
    return winograd::dx_fits(Conv2dGeometry::of(x, {3, 3, 32, 64}, {.pads = pads}), DType::float32);
  };
  EXPECT_TRUE(dx_fits({1, 15, 15, 32}, {1, 1, 1, 1}));
  EXPECT_FALSE(dx_fits({1, 2, 15, 32}, {.top = 2, .bottom = 2})) << "four lines of outputs, two of inputs";
}

}  // namespace
}  // namespace gibbs::kernels
