// CRC-32 (ISO 3309), by which PNG and gzip check their bytes.
#pragma once

#include <cstdint>
#include <span>

namespace gibbs::data {

std::uint32_t crc32(std::span<const std::uint8_t> bytes);

}  // namespace gibbs::data
