// Layers that change shapes: other sizes, other orders of axes, pictures made larger or smaller.
#include <algorithm>
#include <cmath>

#include "gibbs/nn/nn.h"
#include "tests/battery/layer_samples.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;

template <class Kind>
std::vector<Refusal> no_pictures(const Kind& layer, const std::string& name) {
  return {refused_input(layer, {2, 3}, name + ": the model itself expects [N, H, W, C], received [2, 3]"),
          refused_input(layer, {2, 0, 3, 1}, name + ": the model itself expects [N, H, W, C], received [2, 0, 3, 1]"),
          refused_dtype(layer, {1, 2, 2, 1}, name)};
}

LayerEntry global_max_pool_layer() {
  const auto oracle = [](nn::Layer&, const Tensor& x) { return testing::reduced(x, {1, 2}, false, testing::largest); };
  return {"GlobalMaxPool2d",
          {{"images", copies(nn::GlobalMaxPool2d()), {2, 3, 2, 2}, oracle},
           {"more pixels than a byte counts", copies(nn::GlobalMaxPool2d()), {1, 20, 13, 1}, oracle},
           {"one pixel", copies(nn::GlobalMaxPool2d()), {1, 1, 1, 3}, oracle}},
          no_pictures(nn::GlobalMaxPool2d(), "GlobalMaxPool2d")};
}

/// The mean over each of PyTorch's bins.
Tensor averaged(const Tensor& x, std::int64_t height, std::int64_t width) {
  const auto begin = [](std::int64_t i, std::int64_t in, std::int64_t out) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(i * in) / static_cast<double>(out)));
  };
  const auto end = [](std::int64_t i, std::int64_t in, std::int64_t out) {
    return static_cast<std::int64_t>(std::ceil(static_cast<double>((i + 1) * in) / static_cast<double>(out)));
  };
  return build({x.size(0), height, width, x.size(3)}, [&](const Index& y) {
    std::vector<double> bin;
    for (std::int64_t h = begin(y[1], x.size(1), height); h < end(y[1], x.size(1), height); ++h) {
      for (std::int64_t w = begin(y[2], x.size(2), width); w < end(y[2], x.size(2), width); ++w) {
        bin.push_back(at(x, {y[0], h, w, y[3]}));
      }
    }
    return testing::mean_of(bin);
  });
}

LayerEntry adaptive_pool_layer() {
  const auto sample = [](const char* what, const nn::Size2d& size, const Shape& input) {
    return LayerSample{what, copies(nn::AdaptiveAvgPool2d({.size = size})), input,
                       [size](nn::Layer&, const Tensor& x) { return averaged(x, size.h, size.w); }};
  };
  std::vector<Refusal> refusals = no_pictures(nn::AdaptiveAvgPool2d({.size = 2}), "AdaptiveAvgPool2d");
  refusals.push_back({[] {
                        nn::AdaptiveAvgPool2d({.size = {2, 0}});
                      },
                      "AdaptiveAvgPool2d: the size must be positive, not 2x0"});
  return {"AdaptiveAvgPool2d",
          {sample("bins side by side", 2, {2, 4, 6, 2}), sample("bins that overlap", {3, 2}, {1, 5, 3, 1}),
           sample("one bin", 1, {1, 3, 2, 2}), sample("more bins than pixels", {5, 1}, {1, 2, 3, 1})},
          std::move(refusals)};
}

/// Where output i lies among the inputs of an axis.
double place_of(std::int64_t i, std::int64_t in, std::int64_t out, bool align_corners) {
  const auto place = static_cast<double>(i), inputs = static_cast<double>(in), outputs = static_cast<double>(out);
  if (align_corners) {
    return out == 1 ? 0 : place * (inputs - 1) / (outputs - 1);
  }
  return std::clamp((place + .5) * inputs / outputs - .5, 0.0, inputs - 1);
}

/// sum over pixels of max(0, 1 - |place - row|) max(0, 1 - |place - column|) x.
Tensor interpolated(const Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  return build({x.size(0), height, width, x.size(3)}, [&](const Index& y) {
    const double row = place_of(y[1], x.size(1), height, align_corners);
    const double column = place_of(y[2], x.size(2), width, align_corners);
    double sum = 0;
    testing::for_each_index({x.size(1), x.size(2)}, [&](const Index& p) {
      const double weight = std::max(0.0, 1 - std::abs(row - static_cast<double>(p[0]))) *
                            std::max(0.0, 1 - std::abs(column - static_cast<double>(p[1])));
      sum += weight * at(x, {y[0], p[0], p[1], y[3]});
    });
    return sum;
  });
}

Tensor repeated(const Tensor& x, std::int64_t height, std::int64_t width) {
  return build({x.size(0), height, width, x.size(3)}, [&](const Index& y) {
    return at(x, {y[0], y[1] * x.size(1) / height, y[2] * x.size(2) / width, y[3]});
  });
}

LayerSample upsample_sample(const char* what, const nn::UpsampleOptions& o, const Shape& input) {
  return {what, copies(nn::Upsample(o)), input, [o](nn::Layer&, const Tensor& x) {
            const std::int64_t height = o.scale.h > 0 ? x.size(1) * o.scale.h : o.size.h;
            const std::int64_t width = o.scale.w > 0 ? x.size(2) * o.scale.w : o.size.w;
            return o.mode == nn::Interpolation::nearest ? repeated(x, height, width)
                                                        : interpolated(x, height, width, o.align_corners);
          }};
}

LayerEntry upsample_layer() {
  using enum nn::Interpolation;
  std::vector<Refusal> refusals = no_pictures(nn::Upsample({.scale = 2}), "Upsample");
  const auto refuse = [&](const nn::UpsampleOptions& options, const std::string& message) {
    refusals.push_back({[=] { (void)nn::Upsample(options); }, message});
  };
  refuse({}, "Upsample: give either a scale or a size, not neither: {.scale = 2} or {.size = {64, 48}}");
  refuse({.scale = 2, .size = 4},
         "Upsample: give either a scale or a size, not both: {.scale = 2} or {.size = {64, 48}}");
  refuse({.scale = {2, 0}}, "Upsample: the scale must be positive, not 2x0");
  refuse({.scale = {1, std::int64_t{1} << 21}}, "Upsample: the scale must be at most 1048576, not 1x2097152");
  refuse({.size = {-1, 2}}, "Upsample: the size must be positive, not -1x2");
  refuse({.scale = 2, .align_corners = true},
         "Upsample: align_corners is for bilinear; nearest has no corners to align");
  refuse({.scale = 2, .mode = static_cast<nn::Interpolation>(5)}, "Upsample: the mode must be nearest or bilinear");
  return {"Upsample",
          {upsample_sample("nearest", {.scale = {2, 3}}, {2, 2, 3, 2}),
           upsample_sample("nearest to a size", {.size = {5, 2}}, {1, 3, 3, 1}),
           upsample_sample("bilinear", {.scale = 2, .mode = bilinear}, {1, 3, 2, 2}),
           upsample_sample("bilinear to a size", {.size = {5, 2}, .mode = bilinear}, {1, 3, 5, 1}),
           upsample_sample("aligned corners", {.size = {5, 4}, .mode = bilinear, .align_corners = true}, {1, 3, 2, 2}),
           upsample_sample("to one row", {.size = {1, 3}, .mode = bilinear, .align_corners = true}, {1, 3, 1, 1})},
          std::move(refusals)};
}

LayerEntry reshape_layer() {
  const auto to = [](const Shape& sample) {
    return [sample](nn::Layer&, const Tensor& x) {
      return Tensor::from(x.to_vector(), Shape{x.size(0)}.followed_by(sample));
    };
  };
  const nn::Reshape left({.shape = {2, -1, 3}});
  return {"Reshape",
          {{"to pictures", copies(nn::Reshape({.shape = {2, 3, 1}})), {2, 6}, to({2, 3, 1})},
           {"a size that is left", copies(left), {2, 3, 4}, to({2, 2, 3})},
           {"to numbers", copies(nn::Reshape({.shape = {}})), {3, 1}, to({})}},
          {{[] {
              nn::Reshape({.shape = {-1, 2, -1}});
            },
            "Reshape: sizes must be positive, one of them may be -1, received -1x2x-1"},
           {[] {
              nn::Reshape({.shape = {2, 0}});
            },
            "Reshape: sizes must be positive, one of them may be -1, received 2x0"},
           {[] {
              nn::Reshape({.shape = {1, 1, 1, 1, 1, 1, 1, 1}});
            },
            "Reshape: a shape has at most 7 sizes, not 8"},
           refused_input(left, {2, 4},
                         "Reshape: the model itself makes 2x-1x3 of a sample, received [2, 4], 4 numbers "
                         "a sample"),
           refused_input(nn::Reshape({.shape = {2}}), {2, 3},
                         "Reshape: the model itself makes 2 of a sample, received [2, 3], 3 numbers a sample"),
           refused_input(left, {}, "Reshape: the model itself expects [N, ...], received []")}};
}

LayerEntry permute_layer() {
  const auto swapped = [](nn::Layer&, const Tensor& x) {
    return build({x.size(0), x.size(2), x.size(1)}, [&](const Index& i) { return at(x, {i[0], i[2], i[1]}); });
  };
  const auto channels_first = [](nn::Layer&, const Tensor& x) {
    return build({x.size(0), x.size(3), x.size(1), x.size(2)}, [&](const Index& i) {
      return at(x, {i[0], i[2], i[3], i[1]});
    });
  };
  const nn::Permute swap({.axes = {2, 1}});
  return {
      "Permute",
      {{"two axes", copies(swap), {2, 3, 4}, swapped},
       {"channels first", copies(nn::Permute({.axes = {3, 1, 2}})), {1, 2, 3, 2}, channels_first}},
      {{[] {
          nn::Permute({.axes = {0, 2, 1}});
        },
        "Permute: axes must be 1 to 3 in some order, samples being axis 0, received 0, 2, 1"},
       {[] {
          nn::Permute({.axes = {1, 1}});
        },
        "Permute: axes must be 1 to 2 in some order, samples being axis 0, received 1, 1"},
       refused_input(swap, {2, 3}, "Permute: the model itself expects [N, ...] with 2 more axes, received [2, 3]")}};
}

}  // namespace

std::vector<LayerEntry> shape_layers() {
  return {global_max_pool_layer(), adaptive_pool_layer(), upsample_layer(), reshape_layer(), permute_layer()};
}

}  // namespace gibbs::battery
