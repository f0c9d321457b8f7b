// PNG files made in tests, chunk by chunk, with rows that are not packed, so that each part can be made wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jpeg_bytes.h"

namespace gibbs::data {

inline Bytes big_endian(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

/// Remainder of the bits by the polynomial, one bit at a time.
inline std::uint32_t crc_of(const Bytes& bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const bool odd = ((crc ^ static_cast<std::uint32_t>(byte >> bit)) & 1) != 0;
      crc = crc >> 1 ^ (odd ? 0xEDB88320U : 0U);
    }
  }
  return ~crc;
}

inline Bytes png_chunk(const std::string& letters, const Bytes& body) {
  const Bytes named = joined({text_bytes(letters), body});
  return joined({big_endian(static_cast<std::uint32_t>(body.size())), named, big_endian(crc_of(named))});
}

inline const Bytes kPngStart = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
inline const Bytes kPngEnd = png_chunk("IEND", {});

inline Bytes png_header(int height, int width, int bits, int colour, int interlaced = 0) {
  return png_chunk("IHDR", joined({big_endian(static_cast<std::uint32_t>(width)),
                                   big_endian(static_cast<std::uint32_t>(height)),
                                   {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(colour), 0, 0,
                                    static_cast<std::uint8_t>(interlaced)}}));
}

/// A zlib stream of one stored block.
inline Bytes zlib_stored(const Bytes& bytes) {
  std::uint64_t sum = 1, sums = 0;
  for (const std::uint8_t byte : bytes) {
    sum = (sum + byte) % 65521;
    sums = (sums + sum) % 65521;
  }
  const auto size = static_cast<std::uint16_t>(bytes.size()), other = static_cast<std::uint16_t>(~size);
  return joined({{0x78, 0x01, 1, static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(size >> 8),
                  static_cast<std::uint8_t>(other), static_cast<std::uint8_t>(other >> 8)},
                 bytes,
                 big_endian(static_cast<std::uint32_t>(sums << 16 | sum))});
}

/// rows: each a filter and its pixels.
inline Bytes png_pixels(const Bytes& rows) { return png_chunk("IDAT", zlib_stored(rows)); }

/// A grey picture of one row.
inline Bytes grey_png(const Bytes& pixels) {
  return joined(
      {kPngStart, png_header(1, static_cast<int>(pixels.size()), 8, 0), png_pixels(joined({{0}, pixels})), kPngEnd});
}

}  // namespace gibbs::data
