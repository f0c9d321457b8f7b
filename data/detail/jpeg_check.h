// JPEG files (T.81), judged before stb_image sees them: what it would read past its tables, decode out of memory that
// was never written, complete with invented bits, or show in wrong colours, is refused.
//
// A file is FF D8, then segments: FF, a marker, and for most of them a length of two bytes (itself included) and a
// body. DB defines quantisation tables, C4 Huffman tables, DD the interval of restarts, C0 .. C2 the frame: size and
// components; DA begins a scan, whose entropy-coded data follow it; E0 .. EF and FE are notes (JFIF, Adobe, EXIF and
// the thumbnail in it); FF D9 ends the picture. What comes behind is not looked at.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gibbs/data/image.h"

namespace gibbs::data {

/// From the frame header. Errors: as of check_jpeg, up to there.
ImageSize jpeg_size(std::span<const std::uint8_t> bytes, const std::string& name);

/// Throws unless the file is a whole baseline, extended or progressive JPEG, Huffman coded, of 8 bits and 1, 3 or 4
/// components, whose tables exist where they are used and whose scans hold every block. Four components need Adobe's
/// marker, which tells CMYK from YCCK. Errors: "image: NAME: byte N: WHAT".
void check_jpeg(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace gibbs::data
