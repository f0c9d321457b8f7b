// A second copy of the picture that a transform changes, for those that read and write in different places.
#pragma once

#include <cstdint>
#include <span>

namespace gibbs::data {

/// The same bytes in memory of this thread's, until its next call. It grows to the largest picture and stays: a
/// transform asks the system for nothing.
std::span<const std::uint8_t> spare_copy(std::span<const std::uint8_t> pixels);

}  // namespace gibbs::data
