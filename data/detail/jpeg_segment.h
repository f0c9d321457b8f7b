// The segments of a JPEG file, of which check_jpeg tells the layout, and the frame header among them.
#pragma once

#include <cstdint>
#include <span>

#include "gibbs/data/detail/picture_bytes.h"
#include "gibbs/data/image.h"

namespace gibbs::data {

enum JpegMarker : std::uint32_t {
  kBaseline = 0xC0,
  kProgressive = 0xC2,
  kHuffmanTables = 0xC4,
  kEnd = 0xD9,
  kScan = 0xDA,
  kQuantisationTables = 0xDB,
  kNumberOfLines = 0xDC,
  kRestartInterval = 0xDD,
  kJfif = 0xE0,
  kAdobe = 0xEE,
  kLastApplication = 0xEF,
  kComment = 0xFE
};

/// The end of messages on what is a JPEG, but none that can be decoded.
inline constexpr const char* kSaveAgain = "; save it as a baseline or progressive JPEG";

struct JpegSegment {
  std::uint32_t marker = 0;
  std::size_t offset = 0;  // of the marker's second byte
  std::span<const std::uint8_t> body = {};
  std::size_t begin() const { return offset + 3; }  // of the body
  std::size_t end() const { return begin() + body.size(); }
};

/// The first segment at or behind `offset`, without what may stand between segments as padding.
JpegSegment next_segment(const PictureBytes& file, std::size_t offset);

/// True for the frame headers of all processes, whether they can be decoded or not.
bool is_frame(std::uint32_t marker);

/// Size from a frame header: of 8 bits and 1, 3 or 4 components, or it is an error.
ImageSize frame_size(const PictureBytes& file, const JpegSegment& frame);

}  // namespace gibbs::data
