#include "gibbs/nn/layers/instance_norm.h"

#include <fmt/format.h>

#include "gibbs/autograd/ops/norm.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

static const InstanceNormOptions& checked_instance_norm(const InstanceNormOptions& options) {
  check_norm_options("InstanceNorm", options.features, options.epsilon);
  return options;
}

InstanceNorm::InstanceNorm(const InstanceNormOptions& options)
    : options_(checked_instance_norm(options)), parts_({options.features}, options.affine, options.affine) {}

std::string InstanceNorm::describe() const {
  return fmt::format("InstanceNorm({}{}{})", options_.features, options_.affine ? ", affine" : "",
                     unusual_options(options_.epsilon, InstanceNormOptions{}.epsilon, /*affine=*/true));
}

std::unique_ptr<Module> InstanceNorm::share() const { return std::make_unique<InstanceNorm>(*this); }

Variable InstanceNorm::forward(const Variable& x) {
  check(x.rank() >= 3 && x.size(-1) == options_.features, "InstanceNorm: ", forward_name(), " expects [N, ..., ",
        options_.features, "] with positions between, received ", x.shape());
  check_norm_input("InstanceNorm", x, parts_);
  const auto g = kernels::NormGeometry::of_groups(x.shape(), options_.features);
  check(g.count() != 1, "InstanceNorm: ", forward_name(), " received ", x.shape(),
        ", one position of each channel, whose variance is 0; use LayerNorm, or normalise before pooling");
  return normalize(x, ScaleAndShift::of_channels(parts_.scale), ScaleAndShift::of_channels(parts_.shift),
                   kernels::moments(x.value(), g), {.geometry = g, .epsilon = options_.epsilon});
}

}  // namespace gibbs::nn
