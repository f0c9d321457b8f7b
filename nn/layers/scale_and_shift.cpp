#include "gibbs/nn/layers/scale_and_shift.h"

#include <fmt/format.h>

#include <cmath>

#include "gibbs/autograd/ops/layout.h"
#include "gibbs/nn/detail/check_input.h"

namespace gibbs::nn {

Variable ScaleAndShift::of_channels(const Parameter& part) {
  if (!part.defined()) {
    return {};
  }
  return part.shape().rank() == 1 ? part.variable() : reshape(part, {part.shape().numel()});
}

void check_norm_input(const char* layer, const Variable& x, const ScaleAndShift& parts) {
  const Parameter& any = parts.scale.defined() ? parts.scale : parts.shift;
  any.defined() ? check_parameter(layer, x, any) : check_floating(layer, x);
}

std::string sizes_in_words(const Shape& features) {
  std::string text;
  for (int axis = 0; axis < features.rank(); ++axis) {
    text += (axis == 0 ? "" : " x ") + std::to_string(features[axis]);
  }
  return text;
}

std::string unusual_options(double epsilon, double usual_epsilon, bool affine) {
  return (epsilon == usual_epsilon ? "" : fmt::format(", epsilon {}", epsilon)) + (affine ? "" : ", not affine");
}

void check_row_features(const char* layer, const Variable& x, const Shape& features) {
  const int before = x.rank() - features.rank();
  check(before >= 0 && x.shape().sub(before, x.rank()) == features, layer, ": ", forward_name(), " expects [..., ",
        sizes_in_words(features), "], received ", x.shape());
}

void check_norm_options(const char* layer, std::int64_t features, double epsilon) {
  check(features > 0, layer, ": features must be positive, not ", features);
  check(std::isfinite(epsilon) && epsilon >= 0, layer, ": epsilon is ", epsilon, "; it must be finite and at least 0");
}

}  // namespace gibbs::nn
