// Pictures in files: JPEG and PNG bytes to uint8 RGB tensors, and PNG files from tensors.
//
// The only place that knows stb_image. Grey pictures become three equal channels, transparency is dropped, 16 bits per
// channel become 8; EXIF's turning is not applied.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "gibbs/tensor/tensor.h"

namespace gibbs::data {

struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};
/// "32x48": height, then width.
std::string to_string(const ImageSize& size);

/// Size of an encoded picture, from its header alone. `name` is for errors: "image: NAME: REASON".
ImageSize image_size(std::span<const std::uint8_t> bytes, const std::string& name);

/// Decodes JPEG or PNG bytes into uint8 [H, W, 3]. A file that ends early is an error, never a half-grey picture.
Tensor decode_image(std::span<const std::uint8_t> bytes, const std::string& name);
Tensor read_image(const std::filesystem::path& path);

/// Writes uint8 [H, W, C], C = 1 (grey), 3 (RGB) or 4 (RGBA).
void write_png(const std::filesystem::path& path, const Tensor& image);

}  // namespace gibbs::data
