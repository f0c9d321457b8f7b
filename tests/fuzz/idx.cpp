// IDX files, plain or packed. The input is two of them, pictures and labels, behind the length of the first (two bytes,
// little-endian).
// A tensor that is accepted has the bytes that follow the header; a data set that is accepted is valid.
#include "gibbs/data/idx.h"

#include <algorithm>
#include <iterator>

#include "gibbs/data/detail/inflate.h"
#include "tests/fuzz/harness.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

constexpr std::size_t kLengthBytes = 2;
constexpr std::uint8_t kPacked = 0x1F;  // the first byte of gzip

void examine_tensor(const std::string& path) {
  Tensor tensor;
  if (accepts([&] { tensor = data::read_idx(path); })) {
    const auto values = tensor.values<std::uint8_t>();
    Bytes file = bytes_of(testing::contents(path));
    if (file[0] == kPacked) {
      file = data::gunzip(file, file.size() * data::kMostUnpackedOfAByte, path);
    }
    const std::size_t header = 4 + 4 * static_cast<std::size_t>(tensor.rank());
    require(file.size() == header + values.size(), "the elements fill the file");
    require(std::equal(values.begin(), values.end(), file.data() + header), "the elements are those of the file");
  }
}

bool examine(const Bytes& input) {
  if (input.size() < kLengthBytes) {
    return false;
  }
  const std::size_t length = std::min<std::size_t>(input[0] | input[1] << 8, input.size() - kLengthBytes);
  const auto middle = input.begin() + static_cast<std::ptrdiff_t>(kLengthBytes + length);
  const std::string images = scratch("images"), labels = scratch("labels");
  std::ofstream(images, std::ios::binary) << std::string(input.begin() + kLengthBytes, middle);
  std::ofstream(labels, std::ios::binary) << std::string(middle, input.end());
  examine_tensor(images);
  examine_tensor(labels);
  data::ImageDataset set;
  if (!accepts([&] { set = data::read_idx_dataset(images, labels); })) {
    return false;
  }
  data::validate(set, "fuzz");
  require(set.size() == 0 || set.class_names.size() <= 256, "a class is a byte");
  return true;
}

std::vector<Bytes> seeds() {
  const Bytes images = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40};
  const Bytes labels = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
  const Bytes packed_labels = {0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                               0x63, 0x60, 0xE0, 0x60, 0x64, 0x60, 0x60, 0x60, 0x62, 0x60,
                               0x04, 0x00, 0x8F, 0x9C, 0x9B, 0xE2, 0x0A, 0x00, 0x00, 0x00};
  const auto both = [](const Bytes& first, const Bytes& second) {
    Bytes input = {static_cast<std::uint8_t>(first.size()), 0};
    for (const Bytes& part : {first, second}) {
      std::copy(part.begin(), part.end(), std::back_inserter(input));
    }
    return input;
  };
  return {both(images, labels), both(images, packed_labels)};
}

}  // namespace

Harness idx_harness() { return {.name = "idx", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
