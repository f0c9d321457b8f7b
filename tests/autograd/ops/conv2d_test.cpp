// Convolution and its two adjoints as ops, each against its own naive loop, for every kind of geometry.
#include "gibbs/autograd/ops/conv2d.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/op_oracles.h"

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

TEST(Conv2d, EveryGeometry) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto g = Conv2dGeometry::of(c.x, c.w, c.options);
    expect_op([&](const Variables& v) { return conv2d(v[0], v[1], c.options); }, {random(c.x), random(c.w, 2)},
              [&](const Tensors& v) { return convolution(g, v[0], v[1]); });
  }
}

TEST(Conv2d, TheGradientsAreOpsThemselves) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto g = Conv2dGeometry::of(c.x, c.w, c.options);
    expect_op([&](const Variables& v) { return conv2d_dx(v[0], v[1], g); }, {random(g.y_shape()), random(c.w, 2)},
              [&](const Tensors& v) { return convolution_dx(g, v[0], v[1]); });
    expect_op([&](const Variables& v) { return conv2d_dw(v[0], v[1], g); }, {random(c.x), random(g.y_shape(), 2)},
              [&](const Tensors& v) { return convolution_dw(g, v[0], v[1]); });
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
