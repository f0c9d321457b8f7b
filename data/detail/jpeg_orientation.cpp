#include "gibbs/data/detail/jpeg_orientation.h"

#include <algorithm>
#include <array>
#include <optional>

#include "gibbs/data/detail/jpeg_segment.h"

namespace gibbs::data {
namespace {

constexpr int kUpright = 1;

/// The TIFF file in an EXIF segment. Numbers beyond its end are there for nobody.
class Tiff {
 public:
  explicit Tiff(std::span<const std::uint8_t> bytes) : bytes_(bytes), little_(!bytes.empty() && bytes[0] == 'I') {}

  std::optional<std::uint32_t> number(std::size_t offset, std::size_t count) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8 | bytes_[offset + (little_ ? count - 1 - i : i)];
    }
    return value;
  }
  bool begins_well() const {
    const bool order = bytes_.size() >= 2 && bytes_[0] == bytes_[1] && (little_ || bytes_[0] == 'M');
    return order && number(2, 2) == 42U;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool little_;
};

std::optional<int> orientation_in(const Tiff& tiff) {
  constexpr std::uint32_t kTag = 0x0112, kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  if (!tiff.begins_well()) {
    return std::nullopt;
  }
  const std::size_t directory = tiff.number(4, 4).value_or(0);
  const std::uint32_t entries = tiff.number(directory, 2).value_or(0);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.number(entry, 2) == kTag) {
      const bool one = tiff.number(entry + 2, 2) == kShort && tiff.number(entry + 4, 4) == 1U;
      const std::uint32_t value = tiff.number(entry + 8, 2).value_or(0);
      return one && value >= 1 && value <= 8 ? std::optional(static_cast<int>(value)) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

int jpeg_orientation(std::span<const std::uint8_t> bytes, const std::string& name) {
  constexpr std::uint32_t kExif = 0xE1;
  constexpr std::array<std::uint8_t, 6> kName = {'E', 'x', 'i', 'f', 0, 0};
  const PictureBytes file(bytes, name);
  for (JpegSegment segment = next_segment(file, 2); !is_frame(segment.marker);
       segment = next_segment(file, segment.end())) {
    const auto& body = segment.body;
    if (segment.marker == kExif && body.size() > kName.size() && std::equal(kName.begin(), kName.end(), body.begin())) {
      if (const auto found = orientation_in(Tiff(body.subspan(kName.size())))) {
        return *found;
      }
    }
  }
  return kUpright;
}

ImageSize oriented(const ImageSize& stored, int orientation) {
  return orientation >= 5 ? ImageSize{.height = stored.width, .width = stored.height} : stored;
}

void orient(const std::uint8_t* stored, const ImageSize& size, std::int64_t channels, int orientation,
            std::uint8_t* shown) {
  const bool turned = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ImageSize out = oriented(size, orientation);
  for (std::int64_t y = 0; y < out.height; ++y) {
    for (std::int64_t x = 0; x < out.width; ++x, shown += channels) {
      const std::int64_t row = turned ? x : y, column = turned ? y : x;
      const std::int64_t from_row = from_below ? size.height - 1 - row : row;
      const std::int64_t from_column = from_right ? size.width - 1 - column : column;
      std::copy_n(stored + (from_row * size.width + from_column) * channels, channels, shown);
    }
  }
}

}  // namespace gibbs::data
