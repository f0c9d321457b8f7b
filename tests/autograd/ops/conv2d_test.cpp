// Convolution and its two adjoints as ops, each against its own naive loop, for every kind of geometry.
#include "gibbs/autograd/ops/conv2d.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

using kernels::Conv2dGeometry;
using kernels::Conv2dOptions;

struct Case {
  const char* name;
  Shape x, w;
  Conv2dOptions options;
};

const Case kCases[] = {
    {"plain", {2, 4, 3, 2}, {3, 2, 2, 3}, {}},
    {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {"padded on one side each", {1, 3, 3, 1}, {2, 3, 1, 2}, {.pads = {.top = 1, .right = 2}}},
    {"strided, last row unused", {1, 6, 5, 1}, {3, 2, 1, 1}, {.stride_h = 2, .stride_w = 3, .pads = {.left = 1}}},
    {"dilated", {1, 5, 4, 1}, {2, 2, 1, 2}, {.dilation_h = 3, .dilation_w = 2}},
    {"grouped", {1, 3, 3, 4}, {2, 2, 2, 4}, {.groups = 2}},
    {"depthwise", {1, 3, 3, 3}, {2, 2, 1, 3}, {.groups = 3}},
    {"everything",
     {2, 5, 6, 2},
     {2, 3, 1, 4},
     {.stride_h = 2, .stride_w = 1, .pads = {1, 2, 0, 1}, .dilation_h = 2, .dilation_w = 2, .groups = 2}},
    {"no images", {0, 3, 3, 1}, {2, 2, 1, 1}, {}},
};

/// Calls term(x index, w index, y index) for every product in the trilinear form <dy, conv(x, w)>.
void for_each_term(const Conv2dGeometry& g, const std::function<void(const Index&, const Index&, const Index&)>& term) {
  const Conv2dOptions& o = g.options;
  const std::int64_t inputs = g.channels / o.groups, outputs = g.filters / o.groups;
  for_each_index(g.y_shape(), [&](const Index& y) {
    for_each_index({g.kernel_h, g.kernel_w, inputs}, [&](const Index& k) {
      const std::int64_t row = y[1] * o.stride_h - o.pads.top + k[0] * o.dilation_h;
      const std::int64_t column = y[2] * o.stride_w - o.pads.left + k[1] * o.dilation_w;
      if (row >= 0 && row < g.height && column >= 0 && column < g.width) {
        term({y[0], row, column, y[3] / outputs * inputs + k[2]}, {k[0], k[1], k[2], y[3]}, y);
      }
    });
  });
}

void add_at(Tensor& x, const Index& i, double value) {
  const std::int64_t flat = ((i[0] * x.size(1) + i[1]) * x.size(2) + i[2]) * x.size(3) + i[3];
  x.mutable_data<double>()[flat] += value;
}

TEST(Conv2d, EveryGeometry) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto g = Conv2dGeometry::of(c.x, c.w, c.options);
    expect_op([&](const Variables& v) { return conv2d(v[0], v[1], c.options); }, {random(c.x), random(c.w, 2)},
              [&](const Tensors& v) {
                Tensor y = Tensor::zeros(g.y_shape(), DType::float64);
                for_each_term(g, [&](const Index& x, const Index& w, const Index& out) {
                  add_at(y, out, at(v[0], x) * at(v[1], w));
                });
                return y;
              });
  }
}

TEST(Conv2d, TheGradientsAreOpsThemselves) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto g = Conv2dGeometry::of(c.x, c.w, c.options);
    expect_op([&](const Variables& v) { return conv2d_dx(v[0], v[1], g); }, {random(g.y_shape()), random(c.w, 2)},
              [&](const Tensors& v) {
                Tensor dx = Tensor::zeros(c.x, DType::float64);
                for_each_term(g, [&](const Index& x, const Index& w, const Index& y) {
                  add_at(dx, x, at(v[0], y) * at(v[1], w));
                });
                return dx;
              });
    expect_op([&](const Variables& v) { return conv2d_dw(v[0], v[1], g); }, {random(c.x), random(g.y_shape(), 2)},
              [&](const Tensors& v) {
                Tensor dw = Tensor::zeros(c.w, DType::float64);
                for_each_term(g, [&](const Index& x, const Index& w, const Index& y) {
                  add_at(dw, w, at(v[0], x) * at(v[1], y));
                });
                return dw;
              });
  }
}

TEST(Conv2d, InsideANonlinearFunction) {
  const auto f = [](const Variables& v) { return square(conv2d(tanh(v[0]), v[1] * v[1])); };
  const GradcheckReport first = gradcheck(f, {random({1, 3, 3, 2}), random({2, 2, 2, 2}, 2)});
  const GradcheckReport second = gradgradcheck(f, {random({1, 3, 3, 2}), random({2, 2, 2, 2}, 2)});
  EXPECT_TRUE(first.ok) << first.message;
  EXPECT_TRUE(second.ok) << second.message;
}

}  // namespace
}  // namespace gibbs::testing
