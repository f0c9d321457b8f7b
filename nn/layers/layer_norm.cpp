#include "gibbs/nn/layers/layer_norm.h"

#include <fmt/format.h>

#include "gibbs/autograd/ops/norm.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

static const LayerNormOptions& checked_layer_norm(const LayerNormOptions& options) {
  check(options.features.rank() > 0, "LayerNorm: features are the sizes of the last axes; at least one");
  check_norm_options("LayerNorm", options.features.numel(), options.epsilon);
  return options;
}

LayerNorm::LayerNorm(const LayerNormOptions& options)
    : options_(checked_layer_norm(options)), parts_(options.features, options.affine, options.affine) {}

std::string LayerNorm::describe() const {
  return fmt::format("LayerNorm({}{})", sizes_in_words(options_.features),
                     unusual_options(options_.epsilon, LayerNormOptions{}.epsilon, options_.affine));
}

std::unique_ptr<Module> LayerNorm::share() const { return std::make_unique<LayerNorm>(*this); }

Variable LayerNorm::forward(const Variable& x) {
  check_row_features("LayerNorm", x, options_.features);
  check_norm_input("LayerNorm", x, parts_);
  const auto g = kernels::NormGeometry::of_rows(x.shape(), options_.features.rank());
  return normalize(x, ScaleAndShift::of_channels(parts_.scale), ScaleAndShift::of_channels(parts_.shift),
                   kernels::moments(x.value(), g), {.geometry = g, .epsilon = options_.epsilon});
}

}  // namespace gibbs::nn
