#include "gibbs/nn/fusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>
#include <typeinfo>

#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/ops/conv_block.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/conv2d.h"
#include "gibbs/nn/layers/pool2d.h"

namespace gibbs::nn {
namespace {

std::atomic<bool>& enabled() {
  static std::atomic<bool> value = [] {
    const char* from_environment = std::getenv("GIBBS_FUSE");
    const std::string_view wish = from_environment == nullptr ? "" : from_environment;
    check(wish.empty() || wish == "0" || wish == "1", "GIBBS_FUSE: must be 0 or 1, it is ", wish);
    return wish != "0";
  }();
  return value;
}

/// The module as exactly this layer; a class derived from it may compute something else.
template <class Kind>
const Kind* exactly(const Module& module) {
  return typeid(module) == typeid(Kind) ? static_cast<const Kind*>(&module) : nullptr;
}

/// The geometry of the fused op, if it has a kernel. What does not fit at all is refused by the layers, when they are
/// called one by one and know where they are in the model.
std::optional<kernels::ConvBlockGeometry> fused_geometry(const Conv2d& conv, const MaxPool2d& pool, const Variable& x) {
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

}  // namespace

bool fusion_enabled() { return enabled(); }
void set_fusion(bool on) { enabled() = on; }

std::optional<FusedRun> try_fused(std::span<const std::unique_ptr<Layer>> layers, const Variable& x) {
  const ForwardOptions& forward = ForwardScope::current();
  if (layers.size() < 3 || !fusion_enabled() || forward.check_finite || forward.observer || anomaly_mode_is_on()) {
    return {};
  }
  const auto hooked = [](const std::unique_ptr<Layer>& layer) { return layer->has_forward_hooks(); };
  if (std::any_of(layers.begin(), layers.begin() + 3, hooked)) {
    return {};
  }
  const auto* conv = exactly<Conv2d>(*layers[0]);
  const auto* pool = exactly<MaxPool2d>(*layers[2]);
  if (conv == nullptr || exactly<ReLU>(*layers[1]) == nullptr || pool == nullptr || !conv->bias().defined() ||
      !conv->accepts(x)) {
    return {};
  }
  const auto geometry = fused_geometry(*conv, *pool, x);
  if (!geometry) {
    return {};
  }
  std::optional<LayerScope> cluster;
  if (layers_are_watched()) {
    cluster.emplace(
        fmt::format("{}, {}, {}", detail::path_of(*conv), detail::path_of(*layers[1]), detail::path_of(*pool)),
        fmt::format("{}, {}, {}, as one op", conv->describe(), layers[1]->describe(), pool->describe()));
  }
  return FusedRun{.y = conv_block(x, conv->weight(), conv->bias(), *geometry), .layers = 3};
}

}  // namespace gibbs::nn
