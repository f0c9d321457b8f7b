#include "gibbs/data/detail/jpeg_segment.h"

namespace gibbs::data {
namespace {

const char* kind_of_frame(std::uint32_t marker) {
  return marker == 0xC3 ? "a lossless" : marker < 0xC8 ? "a hierarchical" : "an arithmetically coded";
}

}  // namespace

bool is_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != kHuffmanTables && marker != 0xC8 && marker != 0xCC;
}

JpegSegment next_segment(const PictureBytes& file, std::size_t offset) {
  const auto is_padding = [](std::uint32_t byte) {
    return byte == 0 || byte == 0xFF || (byte >= 0xD0 && byte <= 0xD7);
  };
  while (file.byte(offset) != 0xFF || is_padding(file.byte(offset + 1))) {
    ++offset;
  }
  JpegSegment segment{.marker = file.byte(offset + 1), .offset = offset + 1};
  if (segment.marker != kEnd) {
    const std::uint32_t length = file.big16(offset + 2);
    file.require(length >= 2, offset + 2, "a segment of ", length, " bytes; its length alone takes 2");
    segment.body = file.piece(segment.begin(), length - 2);
  }
  return segment;
}

ImageSize frame_size(const PictureBytes& file, const JpegSegment& frame) {
  file.require(frame.marker <= kProgressive, frame.offset, kind_of_frame(frame.marker), " picture", kSaveAgain);
  file.require(frame.body.size() >= 6, frame.offset, "a frame header of ", frame.body.size(), " bytes");
  const std::uint32_t bits = frame.body[0], components = frame.body[5];
  file.require(bits == 8, frame.begin(), bits, " bits per colour; expected 8", kSaveAgain);
  const ImageSize size{.height = file.big16(frame.begin() + 1), .width = file.big16(frame.begin() + 3)};
  file.require(size.height > 0 && size.width > 0, frame.begin() + 1, "the size is ", to_string(size), kSaveAgain);
  file.require(components == 1 || components == 3 || components == 4, frame.begin() + 5, components,
               " components; expected 1, 3 or 4");
  file.require(frame.body.size() == 6 + 3 * components, frame.offset, "a frame header of ", frame.body.size(),
               " bytes; ", components, " components take ", 6 + 3 * components);
  return size;
}

}  // namespace gibbs::data
