#include "gibbs/nn/layers/rms_norm.h"

#include <fmt/format.h>

#include "gibbs/autograd/ops/norm.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

static const RMSNormOptions& checked_rms_norm(const RMSNormOptions& options) {
  check(options.features.rank() > 0, "RMSNorm: features are the sizes of the last axes; at least one");
  check_norm_options("RMSNorm", options.features.numel(), options.epsilon);
  return options;
}

RMSNorm::RMSNorm(const RMSNormOptions& options)
    : options_(checked_rms_norm(options)), parts_(options.features, options.affine, /*shifts=*/false) {}

std::string RMSNorm::describe() const {
  return fmt::format("RMSNorm({}{})", sizes_in_words(options_.features),
                     unusual_options(options_.epsilon, RMSNormOptions{}.epsilon, options_.affine));
}

std::unique_ptr<Module> RMSNorm::share() const { return std::make_unique<RMSNorm>(*this); }

Variable RMSNorm::forward(const Variable& x) {
  check_row_features("RMSNorm", x, options_.features);
  check_norm_input("RMSNorm", x, parts_);
  const auto g = kernels::NormGeometry::of_rows(x.shape(), options_.features.rank());
  return normalize(x, ScaleAndShift::of_channels(parts_.scale), {}, kernels::moments(x.value(), g, /*centered=*/false),
                   {.geometry = g, .epsilon = options_.epsilon, .centered = false});
}

}  // namespace gibbs::nn
