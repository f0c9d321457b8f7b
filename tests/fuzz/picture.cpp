// JPEG and PNG pictures: what is decoded has the size that the header gave, does not depend on what the decoder's
// memory held before, and as a PNG file is read again pixel for pixel.
#include <algorithm>

#include "gibbs/data/detail/decoder_memory.h"
#include "gibbs/data/image.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/repair.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

constexpr std::int64_t kMostPixels = 1 << 16;  // for speed
constexpr const char* kName = "fuzz";

bool same_pixels(const Tensor& a, const Tensor& b) {
  const auto x = a.values<std::uint8_t>(), y = b.values<std::uint8_t>();
  return a.shape() == b.shape() && std::equal(x.begin(), x.end(), y.begin());
}

/// Undefined when the picture is refused.
Tensor decode_over(std::uint8_t filling, const Bytes& input) {
  data::fill_decoder_memory(filling);
  Tensor picture;
  accepts([&] { picture = data::decode_image(input, kName, {.pixels = kMostPixels}); });
  return picture;
}

Tensor through_png(const Tensor& picture) {
  const std::string path = scratch("picture.png");
  data::write_png(path, picture);
  return data::read_image(path);
}

bool examine(const Bytes& input) {
  const Tensor picture = decode_over(0x00, input), again = decode_over(0xFF, input);
  require(picture.defined() == again.defined(), "whether a picture is accepted does not depend on memory");
  if (!picture.defined()) {
    return false;
  }
  require(same_pixels(picture, again), "pixels do not depend on memory");
  const data::ImageSize size = data::image_size(input, kName);
  require(picture.shape() == Shape({size.height, size.width, 3}), "the size is what the header says");
  if (input.size() % 16 == 0) {  // for speed
    require(same_pixels(picture, through_png(picture)), "a picture written again is the same");
  }
  return true;
}

std::vector<Bytes> seeds() {
  const std::string path = scratch("seed.png");
  data::write_png(path, Tensor::full({3, 2, 4}, 200, DType::uint8));
  return {bytes_of(testing::contents(path))};
}

void repair(Bytes& input) {
  constexpr std::uint8_t kPng = 0x89;
  if (!input.empty() && input[0] == kPng) {
    repair_png(input);
  }
}

}  // namespace

Harness picture_harness() { return {.name = "picture", .examine = examine, .seeds = seeds, .repair = repair}; }

}  // namespace gibbs::fuzz
