// Pictures in files: JPEG and PNG bytes to uint8 RGB tensors, and PNG files from tensors.
//
// The only place that knows stb_image, which decodes; before it does, jpeg_check.h and png_check.h have judged the
// file, so that a damaged one is an error and never a half-grey picture. Grey pictures become three equal channels,
// transparency is dropped, 16 bits per channel become 8. A JPEG is turned as its EXIF orientation says: upright is how
// it is shown, as in Keras' and PyTorch's readers only where they are asked to.
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

/// What a file may ask for. A small one can declare a huge picture, and decoding takes some ten bytes per pixel.
struct ImageLimits {
  std::int64_t pixels = std::int64_t{1} << 27;      // height times width: 134 million, more than cameras have
  std::int64_t file_bytes = std::int64_t{1} << 29;  // 512 MiB
};

/// Size of an encoded picture as it is shown, from its header alone. `name` is for errors: "image: NAME: REASON".
ImageSize image_size(std::span<const std::uint8_t> bytes, const std::string& name);

/// Decodes JPEG or PNG bytes into uint8 [H, W, 3]. Errors: a file that is not whole or not sound, a kind of JPEG or PNG
/// that stb_image does not decode or decodes in wrong colours, more than `limits` allows (before anything is decoded).
Tensor decode_image(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits = {});
/// The same of a file, which is not read when it is larger than limits.file_bytes.
Tensor read_image(const std::filesystem::path& path, const ImageLimits& limits = {});

/// Writes uint8 [H, W, C], C = 1 (grey), 3 (RGB) or 4 (RGBA), where C W H + H is less than 2^29.
void write_png(const std::filesystem::path& path, const Tensor& image);

}  // namespace gibbs::data
