// Every layer with its options, on inputs of several shapes.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "gibbs/nn/nn.h"
#include "tests/battery/layer_samples.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using nn::Module;
using testing::at;
using testing::build;
using testing::convolution;
using testing::Index;
using testing::largest;
using testing::matrix_product;
using testing::mean_of;
using testing::pooled;
using testing::random;

Tensor by_element(const Tensor& x, double (*f)(double)) {
  return build(x.shape(), [&](const Index& i) { return f(at(x, i)); });
}

template <class Kind>
LayerEntry activation(const std::string& name, double (*f)(double)) {
  const auto oracle = [f](nn::Layer&, const Tensor& x) { return by_element(x, f); };
  return {name,
          {{"rows", copies(Kind()), {2, 3}, oracle}, {"images", copies(Kind()), {1, 2, 2, 3}, oracle}},
          {refused_dtype(Kind(), {2, 3}, name)}};
}

LayerEntry dense_layer() {
  const auto oracle = [](nn::Layer& layer, const Tensor& x) {
    return with_bias(matrix_product(x, parameter(layer, "weight")), parameter(layer, "bias"));
  };
  const nn::Dense plain = nn::initialized(nn::Dense({.in = 3, .out = 2}), 1);
  const nn::Dense without = nn::initialized(nn::Dense({.in = 3, .out = 2, .bias = false}), 2);
  return {"Dense",
          {{"rows", copies(plain), {4, 3}, oracle},
           {"more leading axes", copies(plain), {2, 2, 3}, oracle},
           {"no bias, one row", copies(without), {1, 3}, oracle}},
          {{[] { nn::Dense({.in = 0, .out = 2}); }, "Dense: in and out must be positive, not 0 and 2"},
           refused_input(plain, {2, 4}, "Dense: the model itself expects [N, 3], received [2, 4]"),
           {[plain] {
              (*nn::clone(plain))(Tensor::ones({2, 3}, DType::float64));
            },
            "Dense: the model itself has float32 parameters, received float64; convert the input with cast, or the "
            "model with "
            "to"}}};
}

/// A convolution of these options, with the kernel's name for them.
LayerSample conv2d_sample(const std::string& what, const nn::Conv2dOptions& options, const Shape& input) {
  return {what, copies(nn::initialized(nn::Conv2d(options), 2)), input, [](nn::Layer& layer, const Tensor& x) {
            const Tensor w = parameter(layer, "weight");
            const auto& conv = dynamic_cast<const nn::Conv2d&>(layer);
            const auto g = kernels::Conv2dGeometry::of(x.shape(), w.shape(), conv.kernel_options(x.shape()));
            return with_bias(convolution(g, x, w), parameter(layer, "bias"));
          }};
}

LayerEntry conv2d_layer() {
  const nn::Conv2d plain = nn::initialized(nn::Conv2d({.in = 2, .out = 3, .kernel = 2}), 2);
  return {"Conv2d",
          {conv2d_sample("plain", {.in = 2, .out = 3, .kernel = 2}, {2, 3, 4, 2}),
           conv2d_sample("padded to the same size, strided",
                         {.in = 1, .out = 2, .kernel = 3, .stride = 2, .padding = nn::Padding::same}, {1, 4, 5, 1}),
           conv2d_sample("depthwise, no bias", {.in = 3, .out = 3, .kernel = {2, 1}, .groups = 3, .bias = false},
                         {1, 3, 3, 3}),
           conv2d_sample("dilated", {.in = 1, .out = 1, .kernel = 2, .dilation = 2}, {1, 4, 3, 1})},
          {{[] { nn::Conv2d({.in = 3, .out = 2, .kernel = 2, .groups = 2}); },
            "Conv2d: groups must divide in and out, but 2 does not divide 3 and 2"},
           refused_input(plain, {1, 3, 3, 3}, "Conv2d: the model itself expects [N, H, W, 2], received [1, 3, 3, 3]"),
           refused_input(plain, {1, 1, 3, 2},
                         "Conv2d: the model itself needs images of at least 2x2 after padding, received [1, 1, 3, 2] "
                         "padded to 1x3")}};
}

template <class Layer>
LayerEntry pool_layer(const std::string& name, double (*f)(const std::vector<double>&)) {
  const auto sample = [f](const std::string& what, const nn::Pool2dOptions& options, const kernels::Pool2dOptions& same,
                          const Shape& input) {
    return LayerSample{what, copies(Layer(options)), input,
                       [f, same](nn::Layer&, const Tensor& x) { return pooled(x, same, f); }};
  };
  return {
      name,
      {sample("plain", {.window = 2}, {}, {2, 4, 5, 2}),
       sample("overlapping", {.window = 3, .stride = 1}, {.window_h = 3, .window_w = 3, .stride_h = 1, .stride_w = 1},
              {1, 4, 4, 1}),
       sample("padded to the same size", {.window = 2, .padding = nn::Padding::same},
              {.pads = {.bottom = 1, .right = 1}}, {1, 3, 3, 1})},
      {{[] { Layer({.window = 0}); }, name + ": the window must be positive, not 0x0"},
       refused_input(Layer({.window = 2}), {2, 3}, name + ": the model itself expects [N, H, W, C], received [2, 3]"),
       refused_input(Layer({.window = 3}), {1, 2, 4, 1},
                     name +
                         ": the model itself needs images of at least 3x3 after padding, received [1, 2, 4, 1] padded "
                         "to 2x4"),
       refused_dtype(Layer({.window = 2}), {1, 2, 2, 1}, name)}};
}

LayerEntry avg_pool_layer() {
  LayerEntry entry = pool_layer<nn::AvgPool2d>("AvgPool2d", mean_of);
  const kernels::Pool2dOptions same = {.pads = {.bottom = 1, .right = 1}, .count_padding = true};
  entry.samples.push_back({"padding counted",
                           copies(nn::AvgPool2d({.window = 2, .padding = nn::Padding::same, .count_padding = true})),
                           {1, 3, 3, 1},
                           [same](nn::Layer&, const Tensor& x) { return pooled(x, same, mean_of); }});
  return entry;
}

LayerEntry global_pool_layer() {
  const auto oracle = [](nn::Layer&, const Tensor& x) { return testing::reduced(x, {1, 2}, false, mean_of); };
  return {"GlobalAvgPool2d",
          {{"images", copies(nn::GlobalAvgPool2d()), {2, 3, 2, 2}, oracle},
           {"one pixel", copies(nn::GlobalAvgPool2d()), {1, 1, 1, 3}, oracle}},
          {refused_input(nn::GlobalAvgPool2d(), {2, 3},
                         "GlobalAvgPool2d: the model itself expects [N, H, W, C], received [2, 3]"),
           refused_dtype(nn::GlobalAvgPool2d(), {1, 2, 2, 1}, "GlobalAvgPool2d")}};
}

/// In evaluation: tests/nn/layers has the rest.
template <class Kind>
LayerEntry dropout_layer(const std::string& name) {
  const auto same = [](nn::Layer&, const Tensor& x) { return x; };
  return {name,
          {{"half", copies(Kind({.rate = .5})), {4, 5}, same}, {"none", copies(Kind({.rate = 0})), {2, 3}, same}},
          {{[] { Kind({.rate = 1}); }, name + ": the rate must be in [0, 1), it is 1"},
           {[] {
              const nn::ForwardScope scope({.training = true});
              Kind({.rate = .5})(Tensor::ones({2, 3}, DType::int64));
            },
            name + ": the model itself expects float32 or float64, received int64; convert with cast"}}};
}

LayerEntry flatten_layer() {
  const auto rows = [](nn::Layer&, const Tensor& x) {
    return Tensor::from(x.to_vector(), {x.size(0), x.numel() / x.size(0)});
  };
  return {"Flatten",
          {{"images", copies(nn::Flatten()), {2, 2, 1, 3}, rows}, {"vectors", copies(nn::Flatten()), {3, 4}, rows}},
          {refused_input(nn::Flatten(), {}, "Flatten: the model itself expects [N, ...], received []")}};
}

LayerEntry softmax_layer() {
  const auto oracle = [](nn::Layer&, const Tensor& x) { return testing::softmax_along(x, -1); };
  return {"Softmax",
          {{"rows", copies(nn::Softmax()), {2, 3}, oracle}, {"deeper", copies(nn::Softmax()), {2, 1, 4}, oracle}},
          {refused_input(nn::Softmax(), {}, "Softmax: the model itself expects [..., K], received []"),
           refused_dtype(nn::Softmax(), {2, 3}, "Softmax")}};
}

double sigmoid_at(double x) { return 1 / (1 + std::exp(-x)); }
double softplus_at(double x) { return std::log1p(std::exp(x)); }
double hard_sigmoid_at(double x) { return std::min(std::max(x / 6 + .5, 0.0), 1.0); }

LayerEntry prelu_layer() {
  const auto oracle = [](nn::Layer& layer, const Tensor& x) {
    const Tensor slope = parameter(layer, "weight");
    return build(x.shape(), [&](const Index& i) { return at(x, i) * (at(x, i) > 0 ? 1 : at(slope, {i.back()})); });
  };
  return {
      "PReLU",
      {{"rows", copies(nn::PReLU({.features = 3})), {2, 3}, oracle},
       {"images", copies(nn::PReLU({.features = 2, .slope = -.5})), {1, 2, 2, 2}, oracle}},
      {{[] { nn::PReLU({.features = 0}); }, "PReLU: features must be positive, not 0"},
       refused_input(nn::PReLU({.features = 3}), {2, 4}, "PReLU: the model itself expects [..., 3], received [2, 4]")}};
}

LayerEntry glu_layer() {
  const auto oracle = [](nn::Layer&, const Tensor& x) {
    const std::int64_t half = x.size(-1) / 2;
    return build(x.shape().sub(0, x.rank() - 1).followed_by({half}), [&](const Index& i) {
      Index gate = i;
      gate.back() += half;
      return at(x, i) * sigmoid_at(at(x, gate));
    });
  };
  return {"GLU",
          {{"rows", copies(nn::GLU()), {2, 4}, oracle}, {"deeper", copies(nn::GLU()), {2, 1, 6}, oracle}},
          {refused_input(nn::GLU(), {2, 3}, "GLU: the model itself expects [..., 2 K], received [2, 3]"),
           refused_dtype(nn::GLU(), {2, 4}, "GLU")}};
}

LayerEntry log_softmax_layer() {
  const auto oracle = [](nn::Layer&, const Tensor& x) {
    return by_element(testing::softmax_along(x, -1), [](double v) { return std::log(v); });
  };
  return {"LogSoftmax",
          {{"rows", copies(nn::LogSoftmax()), {2, 3}, oracle}, {"deeper", copies(nn::LogSoftmax()), {2, 1, 4}, oracle}},
          {refused_input(nn::LogSoftmax(), {}, "LogSoftmax: the model itself expects [..., K], received []"),
           refused_dtype(nn::LogSoftmax(), {2, 3}, "LogSoftmax")}};
}

LayerEntry sequential_layer() {
  nn::Sequential model{nn::Dense({.in = 3, .out = 4}), nn::Tanh(), nn::Dropout({.rate = .25}),
                       nn::Dense({.in = 4, .out = 2})};
  nn::initialize(model, 3);
  nn::Sequential fused{nn::Conv2d({.in = 1, .out = 16, .kernel = 2}), nn::ReLU(), nn::MaxPool2d({.window = 2}),
                       nn::Flatten()};
  nn::initialize(fused, 3);
  return {"Sequential",
          {{"a perceptron",
            copies(model),
            {2, 3},
            [](nn::Layer& layer, const Tensor& x) {
              const Tensor hidden =
                  with_bias(matrix_product(x, parameter(layer, "0.weight")), parameter(layer, "0.bias"));
              const Tensor bent = by_element(hidden, [](double v) { return std::tanh(v); });
              return with_bias(matrix_product(bent, parameter(layer, "3.weight")), parameter(layer, "3.bias"));
            }},
           {"layers that are fused",
            copies(fused),
            {1, 3, 3, 1},
            [](nn::Layer& layer, const Tensor& x) {
              const Tensor w = parameter(layer, "0.weight");
              const auto g = kernels::Conv2dGeometry::of(x.shape(), w.shape(), {});
              const Tensor z = with_bias(convolution(g, x, w), parameter(layer, "0.bias"));
              const Tensor y = pooled(by_element(z, [](double v) { return std::max(v, 0.0); }), {}, largest);
              return Tensor::from(y.to_vector(), {1, y.numel()});
            }}},
          {refused_input(model, {2, 4}, "Dense: layer '0' expects [N, 3], received [2, 4]")}};
}

}  // namespace

const std::vector<LayerEntry>& all_layers() {
  static const std::vector<LayerEntry> entries = [] {
    std::vector<LayerEntry> all = {
        activation<nn::ReLU>("ReLU", [](double x) { return std::max(x, 0.0); }),
        activation<nn::Tanh>("Tanh", [](double x) { return std::tanh(x); }),
        activation<nn::Sigmoid>("Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }),
        activation<nn::GELU>("GELU", [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }),
        activation<nn::LeakyReLU>("LeakyReLU", [](double x) { return x > 0 ? x : .3 * x; }),
        activation<nn::ELU>("ELU", [](double x) { return x > 0 ? x : std::expm1(x); }),
        activation<nn::SELU>(
            "SELU", [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }),
        activation<nn::CELU>("CELU", [](double x) { return x > 0 ? x : std::expm1(x); }),
        activation<nn::SiLU>("SiLU", [](double x) { return x * sigmoid_at(x); }),
        activation<nn::Mish>("Mish", [](double x) { return x * std::tanh(softplus_at(x)); }),
        activation<nn::Softplus>("Softplus", softplus_at),
        activation<nn::Softsign>("Softsign", [](double x) { return x / (1 + std::abs(x)); }),
        activation<nn::HardSigmoid>("HardSigmoid", hard_sigmoid_at),
        activation<nn::HardSwish>("HardSwish", [](double x) { return x * hard_sigmoid_at(x); }),
        prelu_layer(),
        glu_layer(),
        log_softmax_layer(),
        softmax_layer(),
        dense_layer(),
        conv2d_layer(),
        pool_layer<nn::MaxPool2d>("MaxPool2d", largest),
        avg_pool_layer(),
        global_pool_layer(),
        dropout_layer<nn::Dropout>("Dropout"),
        dropout_layer<nn::Dropout2d>("Dropout2d"),
        dropout_layer<nn::StochasticDepth>("StochasticDepth"),
        flatten_layer(),
        sequential_layer()};
    std::ranges::move(norm_layers(), std::back_inserter(all));
    std::ranges::move(container_layers(), std::back_inserter(all));
    std::ranges::move(shape_layers(), std::back_inserter(all));
    std::ranges::move(convolution_layers(), std::back_inserter(all));
    return all;
  }();
  return entries;
}

}  // namespace gibbs::battery
