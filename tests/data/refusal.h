// What decoding says to a file that a test made, or makes of it.
#pragma once

#include <algorithm>

#include "jpeg_bytes.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {

/// Without "image: x: "; empty when the file is decoded.
inline std::string refusal(const Bytes& file) {
  const std::string error = error_of([&] { decode_image(file, "x"); });
  const std::string prefix = "image: x: ";
  EXPECT_TRUE(error.empty() || error.starts_with(prefix)) << error;
  return error.substr(std::min(prefix.size(), error.size()));
}

/// The first channel of the picture's first row, at every eighth pixel.
inline std::vector<double> first_row(const Bytes& file) {
  const Tensor picture = decode_image(file, "x");
  std::vector<double> values;
  for (std::int64_t x = 0; x < picture.size(1); x += 8) {
    values.push_back(picture.at({0, x, 0}));
  }
  return values;
}

}  // namespace gibbs::data
