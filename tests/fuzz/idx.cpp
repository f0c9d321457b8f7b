// IDX files. The input is two of them, pictures and labels, behind the length of the first (two bytes, little-endian).
// A tensor that is accepted has the bytes that follow the header; a data set that is accepted is valid.
#include "gibbs/data/idx.h"

#include <algorithm>

#include "tests/fuzz/harness.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

constexpr std::size_t kLengthBytes = 2;

void examine_tensor(const std::string& path) {
  Tensor tensor;
  if (accepts([&] { tensor = data::read_idx(path); })) {
    const auto values = tensor.values<std::uint8_t>();
    const std::string file = testing::contents(path);
    const std::size_t header = 4 + 4 * static_cast<std::size_t>(tensor.rank());
    require(file.size() == header + values.size(), "the elements fill the file");
    require(std::equal(values.begin(), values.end(), reinterpret_cast<const std::uint8_t*>(file.data()) + header),
            "the elements are those of the file");
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
  Bytes both = {static_cast<std::uint8_t>(images.size()), 0};
  both.insert(both.end(), images.begin(), images.end());
  both.insert(both.end(), labels.begin(), labels.end());
  return {both};
}

}  // namespace

Harness idx_harness() { return {.name = "idx", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
