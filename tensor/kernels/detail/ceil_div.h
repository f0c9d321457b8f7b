// Whole numbers of pieces.
#pragma once

#include <cstdint>

namespace gibbs::kernels {

/// How many pieces of b hold a: a / b, rounded up. a >= 0, b > 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// The least multiple that is not below a.
constexpr std::int64_t round_up(std::int64_t a, std::int64_t multiple) { return ceil_div(a, multiple) * multiple; }

}  // namespace gibbs::kernels
