// Layers in evaluation. Their parameters are the inputs after the first, in the order of visit.
#include <array>

#include "bench/conformance/table.h"
#include "bench/conformance/window.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/nn/nn.h"

namespace gibbs::conformance {
namespace {

/// The layer with x[1], x[2] ... as its parameters, which take their places among the inputs.
Variable run(nn::Layer& layer, Variables& x) {
  std::vector<Named<Parameter>> parameters = nn::parameters(layer);
  check(x.size() == 1 + parameters.size(), "conformance: ", layer.describe(), " has ", parameters.size(),
        " parameters, not ", x.size() - 1);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto& [path, parameter] = parameters[i];
    check(parameter.shape() == x[i + 1].shape(), "conformance: parameter ", path, " is ", parameter.shape(), ", not ",
          x[i + 1].shape());
    parameter.replace(x[i + 1].value());
    x[i + 1] = parameter;
  }
  return layer(x[0]);
}

template <class Layer>
Function plain() {
  return entry([](Variables& x, const json&) {
    Layer layer;
    return run(layer, x);
  });
}

nn::Dense dense(const Variables& x, std::size_t weight, bool bias) {
  return nn::Dense({.in = x.at(weight).size(0), .out = x.at(weight).size(1), .bias = bias});
}

nn::Conv2d convolution_layer(const Variables& x, const json& o, bool bias) {
  const Variable& w = x.at(1);
  return nn::Conv2d({.in = x.at(0).size(3),
                     .out = w.size(3),
                     .kernel = {w.size(0), w.size(1)},
                     .stride = size(o, "stride"),
                     .padding = padding(o),
                     .dilation = size(o, "dilation"),
                     .groups = o.value("groups", std::int64_t{1}),
                     .bias = bias});
}

nn::Conv1d convolution_of_sequences(const Variables& x, const json& o) {
  const Variable& w = x.at(1);
  const std::array<std::int64_t, 2> ends = o.at("ends");
  return nn::Conv1d({.in = x.at(0).size(2),
                     .out = w.size(2),
                     .kernel = w.size(0),
                     .stride = o.at("stride"),
                     .padding = {0, 0, ends[0], ends[1]},
                     .dilation = o.at("dilation"),
                     .groups = o.at("groups"),
                     .bias = x.size() > 2});
}

nn::ConvTranspose2d transposed_convolution(const Variables& x, const json& o) {
  const Variable& w = x.at(1);
  const std::int64_t groups = o.at("groups");
  return nn::ConvTranspose2d({.in = w.size(3),
                              .out = w.size(2) * groups,
                              .kernel = {w.size(0), w.size(1)},
                              .stride = size(o, "stride"),
                              .padding = padding(o),
                              .output_padding = size(o, "output_padding"),
                              .dilation = size(o, "dilation"),
                              .groups = groups,
                              .bias = x.size() > 2});
}

template <class Layer>
Function dropout() {
  return entry([](Variables& x, const json& o) {
    Layer layer({.rate = o.at("rate")});
    return run(layer, x);
  });
}

template <class Layer>
Function pool() {
  return entry([](Variables& x, const json& o) {
    Layer layer({.window = size(o, "window"),
                 .stride = size(o, "stride", {0, 0}),
                 .padding = padding(o),
                 .count_padding = flag(o, "count_padding")});
    return run(layer, x);
  });
}

/// A layer of `features` channels, with "epsilon" and, where it makes a difference, in training.
template <class Layer, class Options>
Function norm(Options (*options_of)(const Variables& x, const json& o)) {
  return entry([options_of](Variables& x, const json& o) {
    Options options = options_of(x, o);
    options.epsilon = o.at("epsilon");
    options.affine = x.size() > 1;
    Layer layer(options);
    nn::to(layer, x[0].dtype());
    const nn::ForwardScope scope({.training = o.value("training", false)});
    return run(layer, x);
  });
}

/// The sizes of x's last axes, as many as "axes" says.
Shape last_axes(const Variables& x, const json& o) {
  const Shape shape = x.at(0).shape();
  return shape.sub(shape.rank() - o.at("axes").get<int>(), shape.rank());
}

/// Conv2d, ReLU, MaxPool2d, Dropout, Flatten, Dense: an end to end network in small, with the fused block.
Variable network(Variables& x, const json& o) {
  nn::Sequential model{convolution_layer(x, o, true), nn::ReLU(),    nn::MaxPool2d({.window = 2}),
                       nn::Dropout({.rate = .5}),     nn::Flatten(), dense(x, 3, true)};
  return run(model, x);
}

}  // namespace

Table layer_table() {
  return {
      {"nn::ReLU", plain<nn::ReLU>()},
      {"nn::Tanh", plain<nn::Tanh>()},
      {"nn::Sigmoid", plain<nn::Sigmoid>()},
      {"nn::GELU", plain<nn::GELU>()},
      {"nn::Softmax", plain<nn::Softmax>()},
      {"nn::LogSoftmax", plain<nn::LogSoftmax>()},
      {"nn::SELU", plain<nn::SELU>()},
      {"nn::SiLU", plain<nn::SiLU>()},
      {"nn::Mish", plain<nn::Mish>()},
      {"nn::Softsign", plain<nn::Softsign>()},
      {"nn::HardSigmoid", plain<nn::HardSigmoid>()},
      {"nn::HardSwish", plain<nn::HardSwish>()},
      {"nn::LeakyReLU", plain<nn::LeakyReLU>()},
      {"nn::ELU", plain<nn::ELU>()},
      {"nn::CELU", plain<nn::CELU>()},
      {"nn::Softplus", plain<nn::Softplus>()},
      {"nn::GLU", plain<nn::GLU>()},
      {"nn::PReLU", entry([](Variables& x, const json&) {
         nn::PReLU layer({.features = x.at(0).size(-1)});
         return run(layer, x);
       })},
      {"nn::Flatten", plain<nn::Flatten>()},
      {"nn::GlobalAvgPool2d", plain<nn::GlobalAvgPool2d>()},
      {"nn::GlobalMaxPool2d", plain<nn::GlobalMaxPool2d>()},
      {"nn::AdaptiveAvgPool2d", entry([](Variables& x, const json& o) {
         nn::AdaptiveAvgPool2d layer({.size = size(o, "size")});
         return run(layer, x);
       })},
      {"nn::Upsample", entry([](Variables& x, const json& o) {
         nn::Upsample layer({.scale = size(o, "scale", {0, 0}),
                             .size = size(o, "size", {0, 0}),
                             .mode = flag(o, "bilinear") ? nn::Interpolation::bilinear : nn::Interpolation::nearest,
                             .align_corners = flag(o, "align_corners")});
         return run(layer, x);
       })},
      {"nn::Reshape", entry([](Variables& x, const json& o) {
         nn::Reshape layer({.shape = o.at("shape")});
         return run(layer, x);
       })},
      {"nn::Permute", entry([](Variables& x, const json& o) {
         nn::Permute layer({.axes = o.at("axes")});
         return run(layer, x);
       })},
      {"nn::Lambda", entry([](Variables& x, const json&) {
         nn::Lambda layer("cube", [](const Variable& v) { return v * v * v; });
         return run(layer, x);
       })},
      {"nn::Dropout", dropout<nn::Dropout>()},
      {"nn::Dropout2d", dropout<nn::Dropout2d>()},
      {"nn::StochasticDepth", dropout<nn::StochasticDepth>()},
      {"nn::Conv1d", entry([](Variables& x, const json& o) {
         nn::Conv1d layer = convolution_of_sequences(x, o);
         return run(layer, x);
       })},
      {"nn::ConvTranspose2d", entry([](Variables& x, const json& o) {
         nn::ConvTranspose2d layer = transposed_convolution(x, o);
         return run(layer, x);
       })},
      {"nn::Dense", entry([](Variables& x, const json&) {
         nn::Dense layer = dense(x, 1, x.size() > 2);
         return run(layer, x);
       })},
      {"nn::Conv2d", entry([](Variables& x, const json& o) {
         nn::Conv2d layer = convolution_layer(x, o, x.size() > 2);
         return run(layer, x);
       })},
      {"nn::MaxPool2d", pool<nn::MaxPool2d>()},
      {"nn::AvgPool2d", pool<nn::AvgPool2d>()},
      {"nn::BatchNorm", norm<nn::BatchNorm>(+[](const Variables& x, const json&) {
         return nn::BatchNormOptions{.features = x.at(0).size(-1)};
       })},
      {"nn::InstanceNorm", norm<nn::InstanceNorm>(+[](const Variables& x, const json&) {
         return nn::InstanceNormOptions{.features = x.at(0).size(-1)};
       })},
      {"nn::GroupNorm", norm<nn::GroupNorm>(+[](const Variables& x, const json& o) {
         return nn::GroupNormOptions{.groups = o.at("groups"), .features = x.at(0).size(-1)};
       })},
      {"nn::LayerNorm", norm<nn::LayerNorm>(+[](const Variables& x, const json& o) {
         return nn::LayerNormOptions{.features = last_axes(x, o)};
       })},
      {"nn::RMSNorm", norm<nn::RMSNorm>(+[](const Variables& x, const json& o) {
         return nn::RMSNormOptions{.features = last_axes(x, o)};
       })},
      {"nn::Residual", entry([](Variables& x, const json&) {
         nn::Residual layer(nn::Sequential(dense(x, 1, true), nn::Tanh()), dense(x, 3, false));
         return run(layer, x);
       })},
      {"nn::Concat", entry([](Variables& x, const json& o) {
         nn::Concat layer({.axis = o.at("axis")}, nn::Sequential(), dense(x, 1, false));
         return run(layer, x);
       })},
      {"nn::Parallel", entry([](Variables& x, const json& o) {
         const nn::Combine combine = flag(o, "mean")      ? nn::Combine::mean
                                     : flag(o, "product") ? nn::Combine::product
                                                          : nn::Combine::sum;
         nn::Parallel layer({.combine = combine}, nn::Sequential(), dense(x, 1, false), dense(x, 2, false));
         return run(layer, x);
       })},
      {"nn::Sequential", entry(network)},
  };
}

}  // namespace gibbs::conformance
