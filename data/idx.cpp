#include "gibbs/data/idx.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gibbs/data/detail/room.h"
#include "gibbs/io/input_file.h"

namespace gibbs::data {

namespace {

constexpr std::size_t kMostAxes = 4;

/// The shape that the file's header announces, once the file has as many bytes as that takes.
Shape read_header(const io::InputFile& file, const std::string& name, std::int64_t largest) {
  std::array<std::uint8_t, 4 + 4 * kMostAxes> bytes{};
  const std::int64_t found = file.read(0, std::min<std::int64_t>(file.size(), bytes.size()), bytes.data());
  check(found < 2 || bytes[0] != 0x1F || bytes[1] != 0x8B, name, " is compressed; unpack it with gunzip");
  check(found >= 4 && bytes[0] == 0 && bytes[1] == 0, name, ": byte 0: expected the two zero bytes of IDX");
  check(bytes[2] == 0x08, name, ": byte 2: element type ", int{bytes[2]}, "; only 8 (unsigned byte) is supported");
  const std::size_t rank = bytes[3], header = 4 + 4 * rank;
  check(rank >= 1 && rank <= kMostAxes, name, ": byte 3: rank ", rank, "; expected 1 to 4");
  check(std::cmp_less_equal(header, found), name, ": the file ends at byte ", found, ", inside its header of ", header,
        " bytes");
  std::vector<std::int64_t> sizes;
  std::int64_t elements = 1;
  for (std::size_t i = 4; i < header; i += 4) {
    sizes.push_back(std::int64_t{bytes[i]} << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3]);
    const std::int64_t at_least_1 = std::max<std::int64_t>(sizes.back(), 1);
    check(elements <= (std::int64_t{1} << 59) / at_least_1, name,
          ": byte 4: the sizes make more elements than any file holds");
    elements *= at_least_1;
  }
  elements = Shape(sizes).numel();
  const std::int64_t expected = static_cast<std::int64_t>(header) + elements;
  check(file.size() == expected, name, ": the file has ", file.size(), " bytes; its header announces ", expected);
  check(expected <= largest, name, ": ", expected, " bytes, more than the limit of ", largest);
  return Shape(sizes);
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path, std::int64_t largest) {
  const io::InputFile file(path);
  const std::string name = "idx: " + path.string();
  const Shape shape = read_header(file, name, largest);
  const std::int64_t elements = shape.numel();
  Tensor result = room_for(shape, DType::uint8, name);
  const std::int64_t done = file.read(file.size() - elements, elements, result.mutable_data<std::uint8_t>());
  check(done == elements, name, ": the file shrank while it was read");
  return result;
}

ImageDataset read_idx_dataset(const std::filesystem::path& images, const std::filesystem::path& labels,
                              std::vector<std::string> class_names, std::int64_t largest) {
  const Tensor pixels = read_idx(images, largest);
  check(pixels.rank() == 3, "idx: ", images.string(), ": pictures must be [N, H, W], not ", pixels.shape());
  const Tensor bytes = read_idx(labels, largest);
  check(bytes.rank() == 1, "idx: ", labels.string(), ": labels must be [N], not ", bytes.shape());
  const auto values = bytes.values<std::uint8_t>();
  if (class_names.empty() && !values.empty()) {
    for (int label = 0; label <= *std::max_element(values.begin(), values.end()); ++label) {
      class_names.push_back(std::to_string(label));
    }
  }
  Tensor numbers = room_for({bytes.numel()}, DType::int64, "idx: ", labels.string());
  std::copy(values.begin(), values.end(), numbers.mutable_data<std::int64_t>());
  ImageDataset result{.images = pixels.reshape(pixels.shape().with_inserted(3, 1)),
                      .labels = std::move(numbers),
                      .class_names = std::move(class_names),
                      .class_ordered = std::is_sorted(values.begin(), values.end())};
  validate(result, ("idx: " + images.string()).c_str());
  return result;
}

}  // namespace gibbs::data
