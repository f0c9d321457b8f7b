#include "gibbs/nn/layers/group_norm.h"

#include <fmt/format.h>

#include "gibbs/autograd/ops/norm.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

static const GroupNormOptions& checked_group_norm(const GroupNormOptions& options) {
  check_norm_options("GroupNorm", options.features, options.epsilon);
  check(options.groups > 0 && options.features % options.groups == 0, "GroupNorm: groups must divide features, but ",
        options.groups, " does not divide ", options.features);
  return options;
}

GroupNorm::GroupNorm(const GroupNormOptions& options)
    : options_(checked_group_norm(options)), parts_({options.features}, options.affine, options.affine) {}

std::string GroupNorm::describe() const {
  return fmt::format("GroupNorm({} in {} groups{})", options_.features, options_.groups,
                     unusual_options(options_.epsilon, GroupNormOptions{}.epsilon, options_.affine));
}

std::unique_ptr<Module> GroupNorm::share() const { return std::make_unique<GroupNorm>(*this); }

Variable GroupNorm::forward(const Variable& x) {
  check(x.rank() >= 2 && x.size(-1) == options_.features, "GroupNorm: ", forward_name(), " expects [N, ..., ",
        options_.features, "], received ", x.shape());
  check_norm_input("GroupNorm", x, parts_);
  const auto g = kernels::NormGeometry::of_groups(x.shape(), options_.groups);
  return normalize(x, ScaleAndShift::of_channels(parts_.scale), ScaleAndShift::of_channels(parts_.shift),
                   kernels::moments(x.value(), g), {.geometry = g, .epsilon = options_.epsilon});
}

}  // namespace gibbs::nn
