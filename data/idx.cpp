#include "gibbs/data/idx.h"

#include <algorithm>
#include <utility>

#include "gibbs/tensor/input_file.h"

namespace gibbs::data {

Tensor read_idx(const std::filesystem::path& file) {
  std::vector<std::uint8_t> bytes;
  read_file(file, bytes);
  const std::string name = "idx: " + file.string();
  check(bytes.size() < 2 || bytes[0] != 0x1F || bytes[1] != 0x8B, name, " is compressed; unpack it with gunzip");
  check(bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0, name, ": byte 0: expected the two zero bytes of IDX");
  check(bytes[2] == 0x08, name, ": byte 2: element type ", int{bytes[2]}, "; only 8 (unsigned byte) is supported");
  const int rank = bytes[3];
  check(rank >= 1 && rank <= 4, name, ": byte 3: rank ", rank, "; expected 1 to 4");
  const std::size_t header = 4 + 4 * static_cast<std::size_t>(rank);
  check(bytes.size() >= header, name, ": the file ends at byte ", bytes.size(), ", inside its header of ", header,
        " bytes");
  std::vector<std::int64_t> sizes;
  std::uint64_t expected = header;
  __extension__ using Wide = unsigned __int128;
  Wide elements = 1;
  for (std::size_t i = 4; i < header; i += 4) {
    sizes.push_back(std::int64_t{bytes[i]} << 24 | bytes[i + 1] << 16 | bytes[i + 2] << 8 | bytes[i + 3]);
    elements *= static_cast<Wide>(sizes.back());
  }
  check(elements < Wide{1} << 62, name, ": byte 4: the sizes make more elements than any file holds");
  expected += static_cast<std::uint64_t>(elements);
  check(bytes.size() == expected, name, ": the file has ", bytes.size(), " bytes; its header announces ", expected);
  return Tensor::from<std::uint8_t>(bytes.data() + header, Shape(sizes));
}

ImageDataset read_idx_dataset(const std::filesystem::path& images, const std::filesystem::path& labels,
                              std::vector<std::string> class_names) {
  const Tensor pixels = read_idx(images);
  check(pixels.rank() == 3, "idx: ", images.string(), ": pictures must be [N, H, W], not ", pixels.shape());
  const Tensor bytes = read_idx(labels);
  check(bytes.rank() == 1, "idx: ", labels.string(), ": labels must be [N], not ", bytes.shape());
  const auto values = bytes.values<std::uint8_t>();
  if (class_names.empty() && !values.empty()) {
    for (int label = 0; label <= *std::max_element(values.begin(), values.end()); ++label) {
      class_names.push_back(std::to_string(label));
    }
  }
  ImageDataset result{.images = pixels.reshape(pixels.shape().with_inserted(3, 1)),
                      .labels = Tensor::from(std::vector<std::int64_t>(values.begin(), values.end()), {bytes.numel()}),
                      .class_names = std::move(class_names),
                      .class_ordered = std::is_sorted(values.begin(), values.end())};
  validate(result, ("idx: " + images.string()).c_str());
  return result;
}

}  // namespace gibbs::data
