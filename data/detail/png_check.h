// PNG files (ISO 15948), judged before stb_image sees them: checksums, which it does not compare, and pixels that are
// missing, too many or of no colour in the palette.
//
// A file is a signature of eight bytes, then chunks: the length of the body (four bytes, big-endian), four letters, the
// body, and the CRC-32 of letters and body. IHDR comes first (size, bits, colour type, interlacing), PLTE holds the
// palette, IDAT one piece of the zlib stream of all rows, IEND ends the picture; what comes behind is not looked at.
// A first letter that is small marks a chunk that may be ignored, as those of animations are.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gibbs/data/image.h"

namespace gibbs::data {

/// From IHDR. Errors: as of check_png, for this chunk.
ImageSize png_size(std::span<const std::uint8_t> bytes, const std::string& name);

/// Throws unless the file is a whole PNG: valid header, right checksums of all chunks and of the unpacked rows, rows
/// for the whole picture, and no pixel outside the palette. Errors: "image: NAME: byte N: WHAT".
void check_png(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace gibbs::data
