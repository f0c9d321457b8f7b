#include "gibbs/data/detail/png_check.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gibbs/data/detail/crc32.h"
#include "gibbs/data/detail/inflate.h"
#include "gibbs/data/detail/picture_bytes.h"

namespace gibbs::data {
namespace {

constexpr std::size_t kSignature = 8;                     // bytes
constexpr std::size_t kMostExtra = std::size_t{1} << 16;  // bytes behind the last row, which some programs write

struct Chunk {
  std::size_t offset = 0;  // of its letters
  std::string letters;
  std::span<const std::uint8_t> body;
  std::size_t end() const { return offset + 8 + body.size(); }
};

Chunk read_chunk(const PictureBytes& file, std::size_t offset) {
  const std::uint32_t length = file.big32(offset);
  const auto named = file.piece(offset + 4, std::size_t{4} + length);
  Chunk chunk{.offset = offset + 4, .letters = std::string(named.begin(), named.begin() + 4), .body = named.subspan(4)};
  const std::uint32_t expected = file.big32(offset + 8 + length);
  file.require(std::all_of(chunk.letters.begin(), chunk.letters.end(),
                           [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }),
               chunk.offset, "a chunk whose name is not of letters");
  file.require(crc32(named) == expected, chunk.offset, "the checksum (CRC-32) of chunk ", chunk.letters,
               " is another; the file is damaged");
  return chunk;
}

struct Header {
  ImageSize size;
  std::uint32_t bits, colour, interlaced;
  std::int64_t bits_per_pixel() const { return bits * (colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1); }
  bool has_palette() const { return colour == 3; }
};

Header read_header(const PictureBytes& file) {
  const Chunk chunk = read_chunk(file, kSignature);
  file.require(chunk.letters != "CgBI", chunk.offset, "Apple's variant of PNG; save it as plain PNG");
  file.require(chunk.letters == "IHDR" && chunk.body.size() == 13, chunk.offset,
               "expected the chunk IHDR of 13 bytes, found ", chunk.letters, " of ", chunk.body.size());
  const std::size_t at = chunk.offset + 4;
  const Header header{.size = {.height = file.big32(at + 4), .width = file.big32(at)},
                      .bits = file.byte(at + 8),
                      .colour = file.byte(at + 9),
                      .interlaced = file.byte(at + 12)};
  constexpr std::int64_t kMost = (std::int64_t{1} << 31) - 1;
  const auto fits = [](std::int64_t side) { return side >= 1 && side <= kMost; };
  file.require(fits(header.size.height) && fits(header.size.width), at, "the size is ", to_string(header.size));
  // By colour type: which numbers of bits it allows, one bit for each.
  constexpr std::array<std::uint32_t, 7> kAllowed = {1 | 2 | 4 | 8 | 16, 0, 8 | 16, 1 | 2 | 4 | 8, 8 | 16, 0, 8 | 16};
  const bool one_bit = header.bits > 0 && (header.bits & (header.bits - 1)) == 0;
  file.require(header.colour < kAllowed.size() && one_bit && (kAllowed[header.colour] & header.bits) != 0, at + 8,
               header.bits, " bits of colour type ", header.colour, ", which do not exist");
  file.require(file.byte(at + 10) == 0 && file.byte(at + 11) == 0 && header.interlaced <= 1, at + 10, "compression ",
               file.byte(at + 10), ", filter ", file.byte(at + 11), " and interlacing ", header.interlaced,
               ", which do not exist");
  return header;
}

/// The sizes of the pictures that the rows make one after the other: the picture, or Adam7's seven parts of it.
std::vector<ImageSize> passes(const Header& header) {
  if (header.interlaced == 0) {
    return {header.size};
  }
  struct Pass {
    int x, y, step_x, step_y;
  };
  constexpr std::array<Pass, 7> kAdam7 = {
      {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};
  std::vector<ImageSize> sizes;
  for (const Pass& pass : kAdam7) {
    const ImageSize size{.height = (header.size.height - pass.y + pass.step_y - 1) / pass.step_y,
                         .width = (header.size.width - pass.x + pass.step_x - 1) / pass.step_x};
    if (size.height > 0 && size.width > 0) {
      sizes.push_back(size);
    }
  }
  return sizes;
}

/// Undoes one row's filter for pixels of one byte or less (9.2): `above` is the row before, zeros for the first.
void unfilter(std::uint32_t filter, std::span<std::uint8_t> row, std::span<const std::uint8_t> above) {
  int left = 0, corner = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const int up = above[i], estimate = left + up - corner;
    const int to_left = std::abs(estimate - left), to_up = std::abs(estimate - up),
              to_corner = std::abs(estimate - corner);
    const int paeth = to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner;
    const int prediction = filter == 1   ? left
                           : filter == 2 ? up
                           : filter == 3 ? (left + up) / 2
                           : filter == 4 ? paeth
                                         : 0;
    row[i] = static_cast<std::uint8_t>(row[i] + prediction);
    left = row[i];
    corner = up;
  }
}

/// The largest of a row's pixels of `bits` bits.
std::uint32_t largest(std::span<const std::uint8_t> row, std::uint32_t bits, std::int64_t pixels) {
  std::uint32_t most = 0;
  for (std::int64_t i = 0; i < pixels; ++i) {
    const std::int64_t bit = i * bits;
    most = std::max(most, row[static_cast<std::size_t>(bit / 8)] >> (8 - bits - bit % 8) & ((1U << bits) - 1));
  }
  return most;
}

class PngCheck {
 public:
  PngCheck(const PictureBytes& file, const std::string& name) : file_(file), name_("image: " + name) {}

  void run() {
    header_ = read_header(file_);
    Chunk chunk = read_chunk(file_, kSignature + 25);
    for (; chunk.letters != "IEND"; chunk = read_chunk(file_, chunk.end())) {
      if (chunk.letters == "PLTE" && header_.has_palette()) {
        palette(chunk);
      } else if (chunk.letters == "IDAT") {
        packed_.insert(packed_.end(), chunk.body.begin(), chunk.body.end());
      } else {
        file_.require(chunk.letters[0] >= 'a' || chunk.letters == "PLTE", chunk.offset, "chunk ", chunk.letters,
                      ", which PNG does not have here");
      }
    }
    file_.require(!header_.has_palette() || colours_ > 0, chunk.offset, "the picture ends without its palette");
    file_.require(!packed_.empty(), chunk.offset, "the picture ends without pixels");
    rows(chunk.offset);
  }

 private:
  void palette(const Chunk& chunk) {
    file_.require(colours_ == 0 && packed_.empty(), chunk.offset, "a palette behind another or behind pixels");
    colours_ = static_cast<std::uint32_t>(chunk.body.size() / 3);
    file_.require(chunk.body.size() % 3 == 0 && colours_ >= 1 && colours_ <= 256, chunk.offset, "a palette of ",
                  chunk.body.size(), " bytes; expected 1 to 256 colours of 3");
  }

  /// Unpacks the rows, each a byte that names its filter and then its pixels, and looks at them.
  void rows(std::size_t end) {
    const std::vector<ImageSize> parts = passes(header_);
    const auto bytes_of = [&](const ImageSize& part) {
      return static_cast<std::size_t>((part.width * header_.bits_per_pixel() + 7) / 8);
    };
    std::size_t expected = 0;
    for (const ImageSize& part : parts) {
      expected += (1 + bytes_of(part)) * static_cast<std::size_t>(part.height);
    }
    std::vector<std::uint8_t> unpacked = inflate(packed_, expected + kMostExtra, name_);
    packed_ = {};
    file_.require(unpacked.size() >= expected, end, "the picture ends after ", unpacked.size(), " of the ", expected,
                  " bytes of its rows");
    auto rest = std::span(unpacked);
    for (const ImageSize& part : parts) {
      const std::size_t bytes = bytes_of(part);
      const std::vector<std::uint8_t> zeros(bytes);
      std::span<const std::uint8_t> above = zeros;
      for (std::int64_t y = 0; y < part.height; ++y, rest = rest.subspan(1 + bytes)) {
        const std::uint32_t filter = rest[0];
        file_.require(filter <= 4, end, "row ", y, " has filter ", filter, "; expected 0 to 4");
        if (header_.has_palette()) {
          unfilter(filter, rest.subspan(1, bytes), above);
          above = rest.subspan(1, bytes);
          const std::uint32_t most = largest(above, header_.bits, part.width);
          file_.require(most < colours_, end, "row ", y, " has colour ", most, " of a palette of ", colours_);
        }
      }
    }
  }

  const PictureBytes& file_;
  std::string name_;
  Header header_{};
  std::uint32_t colours_ = 0;  // of the palette
  std::vector<std::uint8_t> packed_ = {};
};

}  // namespace

ImageSize png_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  return read_header(PictureBytes(bytes, name)).size;
}

void check_png(std::span<const std::uint8_t> bytes, const std::string& name) {
  const PictureBytes file(bytes, name);
  PngCheck(file, name).run();
}

}  // namespace gibbs::data
