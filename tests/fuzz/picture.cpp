// JPEG and PNG pictures: what is decoded has the size that the header gave, and as a PNG file it is read again pixel
// for pixel.
#include <algorithm>

#include "gibbs/data/image.h"
#include "gibbs/data/resize.h"
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

Tensor through_png(const Tensor& picture) {
  const std::string path = scratch("picture.png");
  data::write_png(path, picture);
  return data::read_image(path);
}

bool examine(const Bytes& input) {
  data::ImageSize size;
  Tensor picture;
  if (!accepts([&] { size = data::image_size(input, kName); })) {
    require(!accepts([&] { data::decode_image(input, kName); }), "a picture without a size is not decoded");
    return false;
  }
  if (size.height * size.width > kMostPixels || !accepts([&] { picture = data::decode_image(input, kName); })) {
    return false;
  }
  require(picture.shape() == Shape({size.height, size.width, 3}), "the size is what the header says");
  require(same_pixels(picture, through_png(picture)), "a picture written again is the same");
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
