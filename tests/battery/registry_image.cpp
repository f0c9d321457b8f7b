// Convolution, its two adjoints, pooling and the fused block, for every kind of geometry.
#include <algorithm>
#include <numeric>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using kernels::Conv2dGeometry;
using kernels::Conv2dOptions;
using kernels::ConvBlockGeometry;
using kernels::Pool2dOptions;
using testing::at;
using testing::build;
using testing::convolution;
using testing::convolution_dw;
using testing::convolution_dx;
using testing::Index;
using testing::largest;
using testing::mean_of;
using testing::pooled;
using testing::random;

struct Convolution {
  const char* what;
  Shape x, w;
  Conv2dOptions options;
};

const Convolution kConvolutions[] = {
    {"plain", {2, 4, 3, 2}, {3, 2, 2, 3}, {}},
    {"one pixel", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {"padded on one side each", {1, 3, 3, 1}, {2, 3, 1, 2}, {.pads = {.top = 1, .right = 2}}},
    {"strided, last row unused", {1, 6, 5, 1}, {3, 2, 1, 1}, {.stride_h = 2, .stride_w = 3, .pads = {.left = 1}}},
    {"dilated", {1, 5, 4, 1}, {2, 2, 1, 2}, {.dilation_h = 3, .dilation_w = 2}},
    {"grouped", {1, 3, 3, 4}, {2, 2, 2, 4}, {.groups = 2}},
    {"depthwise", {1, 3, 3, 3}, {2, 2, 1, 3}, {.groups = 3}},
    {"eight filters, which have a kernel of their own", {2, 3, 4, 1}, {2, 2, 1, 8}, {}},
    {"everything",
     {2, 5, 6, 2},
     {2, 3, 1, 4},
     {.stride_h = 2, .stride_w = 1, .pads = {1, 2, 0, 1}, .dilation_h = 2, .dilation_w = 2, .groups = 2}},
    {"no images", {0, 3, 3, 1}, {2, 2, 1, 1}, {}},
};

using GeometryOp = Variable (*)(const Variable&, const Variable&, const Conv2dGeometry&);
using GeometryOracle = Tensor (*)(const Conv2dGeometry&, const Tensor&, const Tensor&);

OpEntry convolution_entry(const std::string& name, GeometryOp op, GeometryOracle oracle,
                          Shape (*a_of)(const Conv2dGeometry&), Shape (*b_of)(const Conv2dGeometry&),
                          std::vector<Refusal> refusals) {
  OpEntry entry{name, {}, std::move(refusals)};
  for (const Convolution& c : kConvolutions) {
    const auto g = Conv2dGeometry::of(c.x, c.w, c.options);
    entry.samples.push_back({c.what,
                             [=](const Variables& v) { return op(v[0], v[1], g); },
                             {random(a_of(g)), random(b_of(g), 2)},
                             [=](const Tensors& v) { return oracle(g, v[0], v[1]); }});
  }
  const auto g = Conv2dGeometry::of({1, 3, 3, 2}, {2, 2, 2, 2}, {});
  entry.samples.push_back({"computed inputs",
                           [=](const Variables& v) { return op(v[0] * v[0], v[1] * v[1], g); },
                           {random(a_of(g)), random(b_of(g), 2)},
                           [=](const Tensors& v) {
                             const auto squared = [](const Tensor& t) {
                               return build(t.shape(), [&](const Index& i) { return at(t, i) * at(t, i); });
                             };
                             return oracle(g, squared(v[0]), squared(v[1]));
                           },
                           {.alone = false}});
  return entry;
}

Shape x_of(const Conv2dGeometry& g) { return g.x_shape(); }
Shape w_of(const Conv2dGeometry& g) { return g.w_shape(); }
Shape y_of(const Conv2dGeometry& g) { return g.y_shape(); }

OpEntry pool_entry(const std::string& name, Variable (*op)(const Variable&, const Pool2dOptions&),
                   double (*f)(const std::vector<double>&)) {
  struct Case {
    const char* what;
    Shape x;
    Pool2dOptions options;
  };
  const Case cases[] = {
      {"plain", {2, 4, 4, 2}, {}},
      {"last row and column unused", {1, 5, 3, 1}, {}},
      {"overlapping", {1, 5, 5, 1}, {.window_h = 3, .window_w = 3, .stride_h = 2, .stride_w = 1}},
      {"padded", {1, 4, 3, 2}, {.window_h = 3, .window_w = 2, .stride_h = 2, .stride_w = 2, .pads = {1, 1, 0, 1}}},
      {"gaps between windows", {1, 5, 4, 1}, {.window_h = 1, .window_w = 2, .stride_h = 3, .stride_w = 2}},
      {"no images", {0, 4, 4, 1}, {}},
  };
  OpEntry entry{
      name,
      {},
      {{[op] {
          op(random({2, 3}), {});
        },
        name + ": needs x [N, H, W, C], not [2, 3]"},
       {[op] {
          op(random({1, 1, 4, 1}), {});
        },
        name + ": window 2 x 2 does not fit the padded image 1 x 4 of x [1, 1, 4, 1]; use a smaller window or "
               "padding"}}};
  for (const Case& c : cases) {
    entry.samples.push_back({c.what,
                             [op, o = c.options](const Variables& x) { return op(x[0], o); },
                             {random(c.x)},
                             [f, o = c.options](const Tensors& x) { return pooled(x[0], o, f); }});
  }
  const Pool2dOptions all = {.window_h = 3, .window_w = 3, .stride_h = 1, .stride_w = 1};
  entry.samples.push_back(
      {"a computed input",
       [op, all](const Variables& x) { return op(x[0] * x[0], all); },
       {random({1, 4, 4, 1})},
       [f, all](const Tensors& x) {
         return pooled(build(x[0].shape(), [&](const Index& i) { return at(x[0], i) * at(x[0], i); }), all, f);
       },
       {.alone = false}});
  return entry;
}

/// Means, and means that count padding.
OpEntry avg_pool_entry() {
  OpEntry entry = pool_entry("avg_pool2d", avg_pool2d, mean_of);
  const Pool2dOptions counted = {.window_h = 3, .stride_h = 1, .pads = {1, 2, 0, 1}, .count_padding = true};
  entry.samples.push_back({"padding counted",
                           [=](const Variables& x) { return avg_pool2d(x[0], counted); },
                           {random({1, 4, 3, 2})},
                           [=](const Tensors& x) { return pooled(x[0], counted, mean_of); }});
  return entry;
}

/// Bias and activation in one op: by rows, by groups, channel by channel, in whole vectors.
std::vector<Sample> conv2d_activated_samples() {
  using kernels::Activation;
  const auto sample = [](const char* what, const Conv2dGeometry& g, Activation activation) {
    return Sample{what,
                  [=](const Variables& v) { return conv2d(v[0], v[1], v[2], g.options, activation); },
                  {random(g.x_shape(), 1, -1, 1), random(g.w_shape(), 2, -1, 1), random({g.filters}, 3, -1, 1)},
                  [=](const Tensors& v) {
                    const Tensor z = convolution(g, v[0], v[1]);
                    return build(z.shape(), [&](const Index& i) {
                      return testing::activated(activation, at(z, i) + at(v[2], {i[3]}));
                    });
                  }};
  };
  const auto rows = Conv2dGeometry::of({2, 4, 3, 2}, {2, 2, 2, 3}, {.pads = {1, 0, 0, 1}});
  const auto depthwise = Conv2dGeometry::of({1, 4, 3, 2}, {2, 2, 1, 2}, {.groups = 2});
  const auto grouped = Conv2dGeometry::of({1, 3, 3, 4}, {2, 2, 2, 6}, {.groups = 2});
  const auto direct = Conv2dGeometry::of({1, 4, 3, 2}, {2, 2, 2, 16}, {});
  return {sample("bias", rows, Activation::identity),
          sample("bias, relu", rows, Activation::relu),
          sample("bias, gelu", grouped, Activation::gelu),
          sample("bias, relu, in groups", grouped, Activation::relu),
          sample("bias, relu, depthwise", depthwise, Activation::relu),
          sample("bias, silu, direct", direct, Activation::silu),
          {"relu without bias",
           [=](const Variables& v) { return conv2d(v[0], v[1], {}, direct.options, Activation::relu); },
           {random(direct.x_shape(), 1, -1, 1), random(direct.w_shape(), 2, -1, 1)},
           [=](const Tensors& v) {
             const Tensor z = convolution(direct, v[0], v[1]);
             return build(z.shape(), [&](const Index& i) { return std::max(at(z, i), 0.0); });
           }}};
}

OpEntry conv_block_entry() {
  const auto sample = [](const char* what, const Shape& x, const Conv2dOptions& conv, double bias) {
    const Shape w = {2, 2, x[3], 16};  // whole vectors of filters in float32, too
    const auto g = ConvBlockGeometry::of(x, w, conv, {});
    return Sample{what,
                  [g](const Variables& v) { return conv_block(v[0], v[1], v[2], g); },
                  {random(x, 1, -1, 1), random(w, 2, -1, 1), random({16}, 3, bias, bias + 1)},
                  [g](const Tensors& v) {
                    const Tensor z = convolution(g.conv, v[0], v[1]);
                    const Tensor rectified =
                        build(z.shape(), [&](const Index& i) { return std::max(at(z, i) + at(v[2], {i[3]}), 0.0); });
                    return pooled(rectified, {}, [](const std::vector<double>& window) {
                      return *std::max_element(window.begin(), window.end());
                    });
                  }};
  };
  const auto small = ConvBlockGeometry::of({1, 3, 3, 1}, {2, 2, 1, 16}, {}, {});
  return {"conv_block",
          {sample("one window", {1, 3, 3, 1}, {}, 0),
           sample("two images, some windows wholly negative", {2, 3, 5, 1}, {}, -1),
           sample("padded", {1, 3, 3, 1}, {.pads = {1, 0, 0, 1}}, 0)},
          {{[=] {
              conv_block(random({1, 3, 3, 2}), random({2, 2, 1, 16}), random({16}), small);
            },
            "conv_block: x is [1, 3, 3, 2] float64, needs [1, 3, 3, 1] float64"},
           {[=] {
              conv_block(random({1, 3, 3, 1}), random({2, 2, 1, 16}), random({1}), small);
            },
            "conv_block: bias is [1] float64, needs [16] float64"}}};
}

using kernels::AxisWeights;

OpEntry resample_entry() {
  const auto sample = [](const char* what, const Shape& x, const AxisWeights& rows, const AxisWeights& columns) {
    return Sample{
        what,
        [=](const Variables& v) { return resample2d(v[0], rows, columns); },
        {random(x)},
        [=](const Tensors& v) {
          const auto weight = [](const AxisWeights& axis, std::int64_t output, std::int64_t input) {
            double sum = 0;
            for (const AxisWeights::Tap& tap : axis.of(output)) {
              sum += tap.from == input ? tap.weight : 0;
            }
            return sum;
          };
          return build({x[0], rows.outputs(), columns.outputs(), x[3]}, [&](const Index& y) {
            double sum = 0;
            testing::for_each_index({x[1], x[2]}, [&](const Index& p) {
              sum += weight(rows, y[1], p[0]) * weight(columns, y[2], p[1]) * at(v[0], {y[0], p[0], p[1], y[3]});
            });
            return sum;
          });
        }};
  };
  const AxisWeights twice = AxisWeights::linear(2, 4), spread = AxisWeights::linear(3, 5, true);
  return {"resample2d",
          {sample("enlarged", {2, 2, 3, 2}, twice, spread),
           sample("repeated, and some left out", {1, 2, 5, 1}, AxisWeights::nearest(2, 4), AxisWeights::nearest(5, 3)),
           sample("averaged", {1, 5, 4, 2}, AxisWeights::means(5, 3), AxisWeights::means(4, 2)),
           sample("transposed", {1, 4, 5, 1}, twice.transposed(), spread.transposed()),
           sample("no images", {0, 2, 3, 1}, twice, spread)},
          {{[=] {
              resample2d(random({1, 3, 3, 1}), twice, spread);
            },
            "resample2d: needs x [N, 2, 3, C], not [1, 3, 3, 1]"},
           {[=] {
              resample2d(Tensor::ones({1, 2, 3, 1}, DType::int64), twice, spread);
            },
            "resample2d: needs float32 or float64, not int64; convert with cast"},
           {[] { AxisWeights::means(3, 0); }, "AxisWeights: 3 inputs and 0 outputs must be from 1 to 16777216"}}};
}

}  // namespace

OpEntries image_entries() {
  const auto convolve = [](const Variable& x, const Variable& w, const Conv2dGeometry& g) {
    return conv2d(x, w, g.options);
  };
  const auto g = Conv2dGeometry::of({1, 3, 3, 2}, {2, 2, 2, 2}, {});
  OpEntry conv2d_entry = convolution_entry(
      "conv2d", convolve, convolution, x_of, w_of,
      {{[] {
          conv2d(random({1, 3, 3, 2}), random({2, 2, 3, 1}));
        },
        "conv2d: x [1, 3, 3, 2] has 2 channels, w [2, 2, 3, 1] with groups = 1 takes 3"},
       {[] {
          conv2d(random({3, 3, 2}), random({2, 2, 2, 1}));
        },
        "conv2d: needs x [N, H, W, C], not [3, 3, 2]"},
       {[] {
          conv2d(random({1, 1, 3, 2}), random({2, 2, 2, 1}));
        },
        "conv2d: the kernel reaches over 2 x 2, the padded image is 1 x 3; pad more or use a smaller kernel"}});
  std::ranges::move(conv2d_activated_samples(), std::back_inserter(conv2d_entry.samples));
  return {std::move(conv2d_entry),
          convolution_entry("conv2d_dx", conv2d_dx, convolution_dx, y_of, w_of,
                            {{[=] {
                                conv2d_dx(random({1, 3, 3, 2}), random({2, 2, 2, 2}), g);
                              },
                              "conv2d_dx: dy is [1, 3, 3, 2], the geometry needs [1, 2, 2, 2]"}}),
          convolution_entry("conv2d_dw", conv2d_dw, convolution_dw, x_of, y_of,
                            {{[=] {
                                conv2d_dw(random({1, 3, 3, 2}), random({1, 3, 3, 2}), g);
                              },
                              "conv2d_dw: dy is [1, 3, 3, 2], the geometry needs [1, 2, 2, 2]"}}),
          pool_entry("max_pool2d", max_pool2d, largest),
          avg_pool_entry(),
          resample_entry(),
          conv_block_entry()};
}

}  // namespace gibbs::battery
