// How a JPEG picture is to be turned to be shown: EXIF's orientation (EXIF 2.3, 4.6.4, tag 0x0112).
//
// Cameras store what their sensor saw and write down how they were held:
//
//   1 as it is            2 mirrored left to right      3 turned by half            4 mirrored top to bottom
//   5 rows are columns    6 turned clockwise            7 rows are columns, turned by half       8 turned
//   counter-clockwise
//
// It stands in a segment E1: "Exif\0\0", then a TIFF file: II (little-endian) or MM (big-endian), 42, and where the
// first directory is: a count, and so many entries of 12 bytes: tag, type (3: 16 bits), count, value. Notes are no
// pixels: what of them cannot be read says nothing, and the picture is taken as it is.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gibbs/data/image.h"

namespace gibbs::data {

/// 1 to 8, from the segments before the frame header; 1 without an orientation that can be read. The file is one whose
/// jpeg_size is known.
int jpeg_orientation(std::span<const std::uint8_t> bytes, const std::string& name);

/// The size of what is shown.
ImageSize oriented(const ImageSize& stored, int orientation);
/// stored: [size.height, size.width, channels] -> shown: room for as many, turned.
void orient(const std::uint8_t* stored, const ImageSize& size, std::int64_t channels, int orientation,
            std::uint8_t* shown);

}  // namespace gibbs::data
