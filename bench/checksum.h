// Two numbers that stand for a whole tensor t, by which a run here and one in another framework are known to have
// computed the same: |t|, and <t, r> with fixed random numbers r of variance 1. Where two tensors differ by e, <t, r>
// differs by about |e|, wherever the difference lies.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "tests/testing/golden_numbers.h"

namespace gibbs::bench {

/// [|t|, <t, r>] in float64, elements in row-major order.
inline nlohmann::json checksum(const Tensor& t) {
  const Tensor numbers = kernels::cast(t, DType::float64);
  const Tensor r = testing::golden_numbers(102, t.shape(), std::sqrt(12.0));
  return {std::sqrt(kernels::sum(numbers * numbers).item()), kernels::sum(numbers * r).item()};
}

}  // namespace gibbs::bench
