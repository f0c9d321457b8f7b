// Labels of rows, looked at as fast as memory gives them.
#pragma once

#include <cstdint>

#include "gibbs/tensor/tensor.h"

namespace gibbs::kernels::rows {

/// Whether every label (int64 [...]) is in [0, classes) and none is `excluded`.
bool all_are_classes(const Tensor& labels, std::int64_t classes, std::int64_t excluded);

}  // namespace gibbs::kernels::rows
