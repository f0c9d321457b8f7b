// Infinity and "not a number", in double.
#pragma once

#include <limits>

namespace gibbs {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace gibbs
