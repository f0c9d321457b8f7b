#include "gibbs/nn/detail/check_input.h"

#include "gibbs/nn/forward.h"

namespace gibbs::nn {

void check_floating(const char* layer, const Variable& x) {
  check(is_floating(x.dtype()), layer, ": ", forward_name(), " expects float32 or float64, received ", x.dtype(),
        "; convert with cast");
}

void check_images(const char* layer, const Variable& x) {
  check(x.rank() == 4 && x.size(1) > 0 && x.size(2) > 0, layer, ": ", forward_name(),
        " expects [N, H, W, C], received ", x.shape());
  check_floating(layer, x);
}

void check_parameter(const char* layer, const Variable& x, const Parameter& weight) {
  check(!weight.is_pending(), layer, ": ", forward_name(),
        " has no numbers yet; call nn::initialize(model, seed) first");
  check(x.dtype() == weight.dtype(), layer, ": ", forward_name(), " has ", weight.dtype(), " parameters, received ",
        x.dtype(), "; convert the input with cast, or the model with to");
}

}  // namespace gibbs::nn
