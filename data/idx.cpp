#include "gibbs/data/idx.h"

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gibbs/data/detail/inflate.h"
#include "gibbs/data/detail/room.h"
#include "gibbs/io/input_file.h"

namespace gibbs::data {

namespace {

constexpr std::size_t kMostAxes = 4;

constexpr std::size_t kMostHeaderBytes = 4 + 4 * kMostAxes;

struct Header {
  Shape shape;
  std::int64_t bytes;     // of the header
  std::int64_t expected;  // of the whole file, unpacked
};

/// head: the first bytes of the file, kMostHeaderBytes or all.
Header read_header(std::span<const std::uint8_t> head, const std::string& name) {
  check(head.size() >= 4 && head[0] == 0 && head[1] == 0, name, ": byte 0: expected the two zero bytes of IDX");
  check(head[2] == 0x08, name, ": byte 2: element type ", int{head[2]}, "; only 8 (unsigned byte) is supported");
  const std::size_t rank = head[3], header = 4 + 4 * rank;
  check(rank >= 1 && rank <= kMostAxes, name, ": byte 3: rank ", rank, "; expected 1 to 4");
  check(header <= head.size(), name, ": the file ends at byte ", head.size(), ", inside its header of ", header,
        " bytes");
  std::vector<std::int64_t> sizes;
  std::int64_t elements = 1;
  for (std::size_t i = 4; i < header; i += 4) {
    sizes.push_back(std::int64_t{head[i]} << 24 | head[i + 1] << 16 | head[i + 2] << 8 | head[i + 3]);
    const std::int64_t at_least_1 = std::max<std::int64_t>(sizes.back(), 1);
    check(elements <= (std::int64_t{1} << 59) / at_least_1, name,
          ": byte 4: the sizes make more elements than any file holds");
    elements *= at_least_1;
  }
  const auto bytes = static_cast<std::int64_t>(header);
  return {.shape = Shape(sizes), .bytes = bytes, .expected = bytes + Shape(sizes).numel()};
}

void check_limit(const Header& header, const std::string& name, std::int64_t largest) {
  check(header.expected <= largest, name, ": ", header.expected, " bytes, more than the limit of ", largest);
}

Tensor read_packed(const std::filesystem::path& path, const std::string& name, std::int64_t largest) {
  std::vector<std::uint8_t> packed;
  io::read_file(path, packed, largest);
  const Header header = read_header(gunzip_head(packed, kMostHeaderBytes, name), name);
  check(std::cmp_less_equal(header.expected, packed.size() * kMostUnpackedOfAByte), name, ": the header announces ",
        header.expected, " bytes, more than the file's ", packed.size(), " can unpack to");
  check_limit(header, name, largest);
  Tensor result = room_for(header.shape, DType::uint8, name);
  try {
    const std::vector<std::uint8_t> bytes = gunzip(packed, static_cast<std::size_t>(header.expected), name);
    check(std::cmp_equal(bytes.size(), header.expected), name, ": the file unpacks to ", bytes.size(),
          " bytes; its header announces ", header.expected);
    std::copy(bytes.begin() + header.bytes, bytes.end(), result.mutable_data<std::uint8_t>());
  } catch (const std::bad_alloc&) {
    fail(name, ": no memory to unpack ", header.expected, " bytes");
  }
  return result;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path, std::int64_t largest) {
  const io::InputFile file(path);
  const std::string name = "idx: " + path.string();
  std::array<std::uint8_t, kMostHeaderBytes> head{};
  const std::int64_t found = file.read(0, std::min<std::int64_t>(file.size(), head.size()), head.data());
  if (found >= 2 && head[0] == 0x1F && head[1] == 0x8B) {
    return read_packed(path, name, largest);
  }
  const Header header = read_header(std::span(head).first(static_cast<std::size_t>(found)), name);
  check(file.size() == header.expected, name, ": the file has ", file.size(), " bytes; its header announces ",
        header.expected);
  check_limit(header, name, largest);
  Tensor result = room_for(header.shape, DType::uint8, name);
  const std::int64_t elements = header.shape.numel();
  const std::int64_t done = file.read(header.bytes, elements, result.mutable_data<std::uint8_t>());
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
