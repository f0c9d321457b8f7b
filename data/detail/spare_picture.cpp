#include "gibbs/data/detail/spare_picture.h"

#include <vector>

namespace gibbs::data {

std::span<const std::uint8_t> spare_copy(std::span<const std::uint8_t> pixels) {
  thread_local std::vector<std::uint8_t> spare;
  spare.assign(pixels.begin(), pixels.end());
  return spare;
}

}  // namespace gibbs::data
