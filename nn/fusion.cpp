#include "gibbs/nn/fusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/ops/conv_block.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/autograd/record.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/init.h"
#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/batch_norm.h"
#include "gibbs/nn/layers/conv2d.h"
#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/layers/pool2d.h"
#include "gibbs/nn/layers/residual.h"

namespace gibbs::nn {
namespace {

using kernels::Activation;
using Row = std::span<const std::unique_ptr<Layer>>;

std::atomic<bool>& enabled() {
  static std::atomic<bool> value = [] {
    const char* from_environment = std::getenv("GIBBS_FUSE");
    const std::string_view wish = from_environment == nullptr ? "" : from_environment;
    check(wish.empty() || wish == "0" || wish == "1", "GIBBS_FUSE: must be 0 or 1, it is ", wish);
    return wish != "0";
  }();
  return value;
}

/// The layer as exactly this kind, or null; a class derived from it may compute something else.
template <class Kind>
Kind* exactly(Layer& layer) {
  return typeid(layer) == typeid(Kind) ? static_cast<Kind*>(&layer) : nullptr;
}

std::optional<Activation> activation_of(Layer& layer) {
  if (const auto* gelu = exactly<GELU>(layer)) {
    return gelu->options().tanh ? std::nullopt : std::optional(Activation::gelu);
  }
  return exactly<ReLU>(layer)   ? std::optional(Activation::relu)
         : exactly<SiLU>(layer) ? std::optional(Activation::silu)
                                : std::nullopt;
}

bool is_conv_block(Row row) {
  return exactly<Conv2d>(*row[0]) && exactly<ReLU>(*row[1]) && exactly<MaxPool2d>(*row[2]);
}

/// The geometry of a convolution. None of what does not fit: the layer refuses it, when it is called by itself and
/// knows where it is in the model.
std::optional<kernels::Conv2dGeometry> conv_geometry(const Conv2d& conv, const Variable& x) {
  if (!conv.accepts(x)) {
    return {};
  }
  try {
    return kernels::Conv2dGeometry::of(x.shape(), conv.weight().shape(), conv.kernel_options(x.shape()));
  } catch (const Error&) {
    return {};
  }
}

/// The geometry of the fused op, if it has a kernel.
std::optional<kernels::ConvBlockGeometry> block_geometry(Row row, const Variable& x) {
  const auto& conv = static_cast<const Conv2d&>(*row[0]);
  const auto& pool = static_cast<const MaxPool2d&>(*row[2]);
  try {
    const Shape& w = conv.weight().shape();
    const kernels::Conv2dOptions options = conv.kernel_options(x.shape());
    const Shape y = kernels::Conv2dGeometry::of(x.shape(), w, options).y_shape();
    const auto geometry = kernels::ConvBlockGeometry::of(x.shape(), w, options, pool.kernel_options(y));
    return kernels::conv_block_fits(geometry, x.dtype()) ? std::optional(geometry) : std::nullopt;
  } catch (const Error&) {
    return {};
  }
}

std::string no_conv_block(Row row, const Variable& x) {
  if (!static_cast<const Conv2d&>(*row[0]).accepts(x)) {
    return "the input does not fit";
  }
  return block_geometry(row, x) ? "" : "its kernel pools 2x2 without padding, over some convolutions";
}

Variable as_conv_block(Row row, const Variable& x) {
  const auto& conv = static_cast<const Conv2d&>(*row[0]);
  const Variable bias =
      conv.bias().defined() ? conv.bias().variable() : Variable(Tensor::zeros({conv.weight().shape()[3]}, x.dtype()));
  return conv_block(x, conv.weight(), bias, *block_geometry(row, x));
}

/// In evaluation the norm is the convolution's epilogue.
bool is_conv_norm(Row row) {
  return exactly<Conv2d>(*row[0]) && exactly<BatchNorm>(*row[1]) && (row.size() < 3 || activation_of(*row[2]));
}

std::string no_conv_norm(Row row, const Variable& x) {
  const auto& conv = static_cast<const Conv2d&>(*row[0]);
  const auto& norm = static_cast<const BatchNorm&>(*row[1]);
  if (ForwardScope::current().training) {
    return "in training the norm needs all of the convolution's outputs first";
  }
  if (!conv_geometry(conv, x) || !norm.accepts(conv.weight())) {
    return "the input does not fit";
  }
  Variables inputs = {x};
  for (Layer* layer : {row[0].get(), row[1].get()}) {
    for (const auto& [path, parameter] : named_parameters(*layer)) {
      inputs.push_back(parameter.variable());
    }
  }
  return may_be_differentiated(inputs) ? "gradients may be asked for" : "";
}

Variable as_conv_norm(Row row, const Variable& x) {
  const auto& conv = static_cast<const Conv2d&>(*row[0]);
  const auto& norm = static_cast<const BatchNorm&>(*row[1]);
  const Activation activation = row.size() < 3 ? Activation::identity : *activation_of(*row[2]);
  const auto geometry = *conv_geometry(conv, x);
  count_flops(geometry.flops());
  return record(
      "conv_norm",
      kernels::conv2d(x.value(), conv.weight().value(), geometry, norm.evaluation_epilogue(conv.bias(), activation)),
      wrt(x, [](const Variable& /*dy*/) -> Variable { fail("conv_norm: has no gradient"); }));
}

/// A layer that does an activation on the way, and the activation.
template <class Kind>
bool ends_in_activation(Row row) {
  return exactly<Kind>(*row[0]) && activation_of(*row[1]);
}

template <class Kind>
Variable activated(Row row, const Variable& x) {
  return static_cast<Kind&>(*row[0]).activated(x, *activation_of(*row[1]));
}

std::string nothing(Row /*row*/, const Variable& /*x*/) { return {}; }

/// A kind of run: whether layers are of it, what stands in the way of one op on this input ("": nothing), and the op.
struct Pattern {
  std::size_t layers;
  bool (*is_here)(Row);
  std::string (*obstacle)(Row, const Variable& x);
  Variable (*compute)(Row, const Variable& x);
};

/// Longer runs first.
constexpr std::array kPatterns = {
    Pattern{3, is_conv_block, no_conv_block, as_conv_block},
    Pattern{3, is_conv_norm, no_conv_norm, as_conv_norm},
    Pattern{2, is_conv_norm, no_conv_norm, as_conv_norm},
    Pattern{2, ends_in_activation<Conv2d>, nothing, activated<Conv2d>},
    Pattern{2, ends_in_activation<Dense>, nothing, activated<Dense>},
    Pattern{2, ends_in_activation<BatchNorm>, nothing, activated<BatchNorm>},
    Pattern{2, ends_in_activation<Residual>, nothing, activated<Residual>},
};

std::string joined(Row row, std::string (*text)(const Layer&)) {
  std::string all;
  for (const auto& layer : row) {
    all += (all.empty() ? "" : ", ") + text(*layer);
  }
  return all;
}

std::string paths_of(Row row) {
  return joined(row, [](const Layer& layer) { return detail::path_of(layer); });
}
std::string described(Row row) {
  return joined(row, [](const Layer& layer) { return layer.describe(); });
}

/// Runs of layers with what was decided about them.
using Decisions = std::vector<std::pair<std::string, std::string>>;
/// Who reads them, on this thread; null: nobody.
thread_local Decisions* reader = nullptr;

/// All decisions until the end of the block.
struct Reading {
  Reading() { reader = &decisions; }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { reader = nullptr; }

  Decisions decisions;
};

bool somebody_looks_inside() {
  const ForwardOptions& forward = ForwardScope::current();
  return forward.check_finite || forward.observer || anomaly_mode_is_on();
}

bool has_hooks(Row row) {
  return std::ranges::any_of(row, [](const auto& layer) { return layer->has_forward_hooks(); });
}

}  // namespace

bool fusion_enabled() { return enabled(); }
void set_fusion(bool on) { enabled() = on; }

std::optional<FusedRun> try_fused(Row layers, const Variable& x) {
  if (!fusion_enabled() || somebody_looks_inside()) {
    return {};
  }
  for (const Pattern& pattern : kPatterns) {
    if (layers.size() < pattern.layers || !pattern.is_here(layers.first(pattern.layers))) {
      continue;
    }
    const Row row = layers.first(pattern.layers);
    const std::string obstacle = has_hooks(row) ? "a layer has a hook" : pattern.obstacle(row, x);
    if (reader != nullptr) {
      reader->emplace_back(fmt::format("{}: {}", paths_of(row), described(row)),
                           obstacle.empty() ? "one op" : obstacle);
    }
    if (!obstacle.empty()) {
      continue;
    }
    std::optional<LayerScope> cluster;
    if (layers_are_watched()) {
      cluster.emplace(paths_of(row), described(row) + ", as one op");
    }
    return FusedRun{.y = pattern.compute(row, x), .layers = pattern.layers};
  }
  return {};
}

std::string fusion_report(const Layer& model, const Shape& input_shape) {
  const std::unique_ptr<Layer> own = clone(model);
  initialize(*own, 0);
  const auto parameters = named_parameters(*own);
  const DType dtype = parameters.empty() ? DType::float32 : parameters.front().item.dtype();
  std::string text;
  for (const bool training : {true, false}) {
    const Reading reading;
    const ForwardScope scope({.training = training});
    const TapeScope tape(training);
    (*own)(Tensor::zeros(Shape{2}.followed_by(input_shape), dtype));
    text += training ? "In training\n" : "In evaluation\n";
    for (const auto& [what, answer] : reading.decisions) {
      text += fmt::format("  {}: {}\n", what, answer);
    }
  }
  return text;
}

}  // namespace gibbs::nn
