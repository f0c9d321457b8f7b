// Places beyond the edge of a picture that is reflected there.
#pragma once

#include <cstdint>

namespace gibbs::data {

/// The place in 0 .. size - 1 that a place anywhere mirrors: the axis runs to and fro, 0 1 2 1 0 1 2 ..., and its ends
/// are not repeated.
inline std::int64_t reflected(std::int64_t place, std::int64_t size) {
  if (place >= 0 && place < size) {
    return place;
  }
  const std::int64_t period = size > 1 ? 2 * (size - 1) : 1, within = (place % period + period) % period;
  return within < size ? within : period - within;
}

}  // namespace gibbs::data
