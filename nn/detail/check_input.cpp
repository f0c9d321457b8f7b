#include "gibbs/nn/detail/check_input.h"

#include "gibbs/nn/forward.h"

namespace gibbs::nn {

void check_floating(const char* layer, const Variable& x) {
  check(is_floating(x.dtype()), layer, ": ", forward_name(), " expects float32 or float64, received ", x.dtype(),
        "; convert with cast");
}

void check_dtype(const char* layer, const Variable& x, DType parameters) {
  check(x.dtype() == parameters, layer, ": ", forward_name(), " has ", parameters, " parameters, received ", x.dtype(),
        "; convert the input with cast, or the model with to");
}

}  // namespace gibbs::nn
