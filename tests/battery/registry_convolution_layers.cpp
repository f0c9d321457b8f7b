// Convolutions of other kinds than Conv2d.
#include "gibbs/nn/nn.h"
#include "tests/battery/layer_samples.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::add_at;
using testing::at;
using testing::build;
using testing::for_each_index;
using testing::Index;

/// What a loop needs of a convolution along sequences.
struct Along {
  std::int64_t length, stride = 1, before = 0, dilation = 1, groups = 1;
};

/// y[n, i, o] = bias[o] + sum of x[n, i stride - before + k dilation, c] w[k, c, o] over taps and the group's channels.
LayerSample sequences_sample(const char* what, const nn::Conv1dOptions& options, const Shape& input, const Along& g) {
  return {what, copies(nn::initialized(nn::Conv1d(options), 2)), input, [=](nn::Layer& layer, const Tensor& x) {
            const Tensor w = parameter(layer, "weight");
            const std::int64_t channels = w.size(1), filters = w.size(2) / g.groups;
            const Tensor y = build({x.size(0), g.length, w.size(2)}, [&](const Index& i) {
              double sum = 0;
              for_each_index({w.size(0), channels}, [&](const Index& tap) {
                const std::int64_t place = i[1] * g.stride - g.before + tap[0] * g.dilation;
                if (place >= 0 && place < x.size(1)) {
                  sum += at(x, {i[0], place, i[2] / filters * channels + tap[1]}) * at(w, {tap[0], tap[1], i[2]});
                }
              });
              return sum;
            });
            return with_bias(y, parameter(layer, "bias"));
          }};
}

LayerEntry conv1d_layer() {
  const nn::Conv1d plain = nn::initialized(nn::Conv1d({.in = 2, .out = 3, .kernel = 3}), 2);
  const nn::Conv1d same =
      nn::initialized(nn::Conv1d({.in = 2, .out = 3, .kernel = 3, .padding = nn::Padding::same}), 2);
  return {"Conv1d",
          {sequences_sample("plain", {.in = 2, .out = 3, .kernel = 3}, {2, 5, 2}, {.length = 3}),
           sequences_sample("the same length, strided",
                            {.in = 1, .out = 2, .kernel = 4, .stride = 2, .padding = nn::Padding::same}, {2, 5, 1},
                            {.length = 3, .stride = 2, .before = 1}),
           sequences_sample(
               "causal, dilated, in groups, no bias",
               {.in = 2, .out = 4, .kernel = 2, .padding = {0, 0, 3, 0}, .dilation = 3, .groups = 2, .bias = false},
               {1, 4, 2}, {.length = 4, .before = 3, .dilation = 3, .groups = 2})},
          {{[] { nn::Conv1d({.in = 3, .out = 2, .kernel = 2, .groups = 2}); },
            "Conv1d: groups must divide in and out, but 2 does not divide 3 and 2"},
           {[] {
              nn::Conv1d({.in = 3, .out = 2, .kernel = 2, .padding = {1, 1, 0, 0}});
            },
            "Conv1d: padding is (1, 1, 0, 0), but a sequence has two ends; give one number for both, or {0, 0, before, "
            "after}"},
           {[] { nn::Conv1d({.in = 3, .out = 2, .kernel = std::int64_t{1} << 31}); },
            "Conv1d: the window must be less than 2^31, it is 1x2147483648"},
           refused_input(plain, {1, 4, 3}, "Conv1d: the model itself expects [N, L, 2], received [1, 4, 3]"),
           refused_input(plain, {1, 1, 4, 2}, "Conv1d: the model itself expects [N, L, 2], received [1, 1, 4, 2]"),
           refused_input(plain, {1, 2, 2},
                         "Conv1d: the model itself needs a length of 3 after padding, received [1, 2, 2] padded to 2"),
           refused_input(same, {1, 0, 2},
                         "Conv1d: the model itself needs a length of 1 after padding, received [1, 0, 2] padded to "
                         "0")}};
}

/// Where the kernel's tap (0, 0) of the first pixel stands in y is -pads; sizes are given, not computed.
struct Grown {
  nn::Size2d size, stride = 1;
  std::int64_t top = 0, left = 0;
  nn::Size2d dilation = 1;
  std::int64_t groups = 1;
};

/// Every pixel of x adds its multiple of the kernel to y, and what falls outside of y is lost.
LayerSample grown_sample(const char* what, const nn::ConvTranspose2dOptions& options, const Shape& input,
                         const Grown& g) {
  return {what, copies(nn::initialized(nn::ConvTranspose2d(options), 2)), input,
          [=](nn::Layer& layer, const Tensor& x) {
            const Tensor w = parameter(layer, "weight");
            const std::int64_t filters = w.size(2), channels = w.size(3) / g.groups;
            Tensor y = Tensor::zeros({x.size(0), g.size.h, g.size.w, filters * g.groups}, DType::float64);
            for_each_index(x.shape(), [&](const Index& i) {
              for_each_index({w.size(0), w.size(1), filters}, [&](const Index& tap) {
                const std::int64_t row = i[1] * g.stride.h - g.top + tap[0] * g.dilation.h;
                const std::int64_t column = i[2] * g.stride.w - g.left + tap[1] * g.dilation.w;
                if (row >= 0 && row < g.size.h && column >= 0 && column < g.size.w) {
                  add_at(y, {i[0], row, column, i[3] / channels * filters + tap[2]},
                         at(x, i) * at(w, {tap[0], tap[1], tap[2], i[3]}));
                }
              });
            });
            return with_bias(y, parameter(layer, "bias"));
          }};
}

LayerEntry conv_transpose2d_layer() {
  using nn::ConvTranspose2d;
  const ConvTranspose2d plain = nn::initialized(ConvTranspose2d({.in = 2, .out = 3, .kernel = 2, .padding = 1}), 2);
  return {
      "ConvTranspose2d",
      {grown_sample("plain", {.in = 2, .out = 3, .kernel = {3, 2}}, {2, 2, 3, 2}, {.size = {4, 4}}),
       grown_sample("same, twice as large", {.in = 2, .out = 1, .kernel = 3, .stride = 2, .padding = nn::Padding::same},
                    {1, 3, 2, 2}, {.size = {6, 4}, .stride = 2}),
       grown_sample("same, with a kernel smaller than the stride",
                    {.in = 1, .out = 1, .kernel = 2, .stride = 3, .padding = nn::Padding::same}, {1, 2, 2, 1},
                    {.size = {6, 6}, .stride = 3}),
       grown_sample("with rows and columns besides, dilated",
                    {.in = 1,
                     .out = 2,
                     .kernel = 2,
                     .stride = {2, 3},
                     .padding = {1, 0, 0, 1},
                     .output_padding = {1, 2},
                     .dilation = {1, 2}},
                    {1, 3, 2, 1}, {.size = {6, 7}, .stride = {2, 3}, .top = 1, .dilation = {1, 2}}),
       grown_sample("in groups, no bias", {.in = 4, .out = 6, .kernel = 2, .stride = 2, .groups = 2, .bias = false},
                    {1, 2, 1, 4}, {.size = {4, 2}, .stride = 2, .groups = 2})},
      {{[] { ConvTranspose2d({.in = 0, .out = 2, .kernel = 2}); },
        "ConvTranspose2d: in and out must be positive, not 0 and 2"},
       {[] {
          ConvTranspose2d({.in = 1, .out = 2, .kernel = 2, .stride = 2, .output_padding = {1, 2}});
        },
        "ConvTranspose2d: output_padding must be at least 0 and less than the stride, 2x2; it is 1x2"},
       {[] {
          ConvTranspose2d(
              {.in = 1, .out = 2, .kernel = 2, .stride = 2, .padding = nn::Padding::same, .output_padding = 1});
        },
        "ConvTranspose2d: Padding::same makes sizes size * stride; leave out output_padding, which is 1x1"},
       refused_input(plain, {1, 3, 3, 3},
                     "ConvTranspose2d: the model itself expects [N, H, W, 2] with pixels, received [1, 3, 3, 3]"),
       refused_input(plain, {1, 0, 3, 2},
                     "ConvTranspose2d: the model itself expects [N, H, W, 2] with pixels, received [1, 0, 3, 2]"),
       refused_input(plain, {1, 1, 3, 2},
                     "ConvTranspose2d: the model itself makes pictures of 0x2 pixels from [1, 1, 3, 2]: the "
                     "padding takes away too much")}};
}

}  // namespace

std::vector<LayerEntry> convolution_layers() { return {conv1d_layer(), conv_transpose2d_layer()}; }

}  // namespace gibbs::battery
