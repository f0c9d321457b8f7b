#include "gibbs/data/detail/inflate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gibbs/data/detail/crc32.h"
#include "gibbs/tensor/error.h"

namespace gibbs::data {
namespace {

constexpr int kLongest = 15;   // bits of a code
constexpr int kFastBits = 10;  // codes up to so many bits are looked up at once

/// The stream as bits, from the lowest of each byte up. Behind its end stand zeros.
class Bits {
 public:
  /// `what` is packed, for messages.
  Bits(std::span<const std::uint8_t> stream, const std::string& name, const char* what)
      : stream_(stream), name_(name), what_(what) {}

  template <class... Parts>
  void require(bool ok, const Parts&... parts) const {
    check(ok, name_, ": byte ", next_ - std::max(left_, 0) / 8, " of the packed ", what_, ": ", parts...);
  }

  /// The next bits, at least 15 of them, the first one lowest.
  std::uint64_t peek() {
    for (; left_ <= 48 && next_ < stream_.size(); left_ += 8) {
      buffer_ |= std::uint64_t{stream_[next_++]} << left_;
    }
    return buffer_;
  }
  std::uint32_t take(int count) {
    const auto bits = static_cast<std::uint32_t>(peek() & ((std::uint64_t{1} << count) - 1));
    buffer_ >>= count;
    left_ -= count;
    require(left_ >= 0, "the stream ends too early");
    return bits;
  }
  void skip_to_byte() { take(left_ % 8); }
  bool at_end() { return peek(), left_ == 0; }
  const char* what() const { return what_; }

 private:
  std::span<const std::uint8_t> stream_;
  const std::string& name_;
  const char* what_;
  std::size_t next_ = 0;
  std::uint64_t buffer_ = 0;
  int left_ = 0;
};

/// Canonical Huffman codes, whose bits come highest first (RFC 1951, 3.2.2).
class Codes {
 public:
  /// lengths[s]: bits of the code of symbol s; 0: it has none.
  Codes(std::span<const std::uint8_t> lengths, const Bits& bits) {
    for (const std::uint8_t length : lengths) {
      ++counts_[length];
    }
    counts_[0] = 0;
    std::array<std::uint32_t, kLongest + 2> code{}, index{};
    for (int length = 1; length <= kLongest; ++length) {
      index[length + 1] = index[length] + counts_[length];
      code[length + 1] = (code[length] + counts_[length]) << 1;
      bits.require(code[length] + counts_[length] <= (1U << length), "more codes than bits tell apart");
    }
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (const int length = lengths[symbol]; length > 0) {
        symbols_[index[length]++] = static_cast<std::uint16_t>(symbol);
        set_fast(code[length]++, length, symbol);
      }
    }
  }

  int next(Bits& bits) const {
    const std::uint64_t ahead = bits.peek();
    if (const std::uint16_t fast = fast_[ahead & ((1U << kFastBits) - 1)]; fast != 0) {
      bits.take(fast & 15);
      return fast >> 4;
    }
    std::int32_t code = 0, first = 0, index = 0;
    for (int length = 1; length <= kLongest; ++length) {
      code |= static_cast<std::int32_t>(ahead >> (length - 1) & 1);
      const std::int32_t count = counts_[length];
      if (code - first < count) {
        bits.take(length);
        return symbols_[static_cast<std::size_t>(index + code - first)];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    bits.require(false, "bits that are no code");
    return 0;
  }

 private:
  void set_fast(std::uint32_t code, int length, std::size_t symbol) {
    if (length > kFastBits) {
      return;
    }
    std::uint32_t reversed = 0;
    for (int bit = 0; bit < length; ++bit) {
      reversed |= (code >> bit & 1) << (length - 1 - bit);
    }
    for (std::uint32_t i = reversed; i < (1U << kFastBits); i += 1U << length) {
      fast_[i] = static_cast<std::uint16_t>(symbol << 4 | static_cast<std::uint32_t>(length));
    }
  }

  std::array<std::uint16_t, kLongest + 1> counts_{};  // by length
  std::array<std::uint16_t, 288> symbols_{};          // in the order of their codes
  std::array<std::uint16_t, 1 << kFastBits> fast_{};  // symbol and length by the next bits; 0: a longer code
};

/// A number of a block: a base, and so many bits more.
struct Range {
  std::uint16_t base;
  std::uint8_t bits;
};
constexpr std::array<Range, 29> kCopyLengths = {
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1}, {13, 1},
     {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3}, {59, 3},
     {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};
constexpr std::array<Range, 30> kDistances = {
    {{1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},     {9, 2},     {13, 2},
     {17, 3},    {25, 3},    {33, 4},    {49, 4},     {65, 5},     {97, 5},    {129, 6},   {193, 6},
     {257, 7},   {385, 7},   {513, 8},   {769, 8},    {1025, 9},   {1537, 9},  {2049, 10}, {3073, 10},
     {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}}};

/// What is to be done with more than there is room for.
enum class Beyond { error, stop };

class Output {
 public:
  Output(std::size_t most, Beyond beyond, const Bits& bits) : bits_(bits), most_(most), beyond_(beyond) {
    bytes_.reserve(most);
  }

  /// True when nothing more is wanted.
  bool done() const { return beyond_ == Beyond::stop && bytes_.size() == most_; }
  void append(std::uint8_t byte) {
    if (room_for(1) == 1) {
      bytes_.push_back(byte);
    }
  }
  /// Repeats `count` bytes from `distance` back, which may overlap with those that it writes.
  void copy(std::size_t distance, std::size_t count) {
    bits_.require(distance <= bytes_.size(), "a copy from ", distance, " bytes back, when there are ", bytes_.size());
    count = room_for(count);
    std::size_t from = bytes_.size() - distance;
    bytes_.resize(bytes_.size() + count);
    for (std::size_t to = bytes_.size() - count; to < bytes_.size(); ++to, ++from) {
      bytes_[to] = bytes_[from];
    }
  }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  /// How many of `count` bytes are to be written.
  std::size_t room_for(std::size_t count) const {
    const std::size_t room = most_ - bytes_.size();
    bits_.require(count <= room || beyond_ == Beyond::stop, "more than the ", most_, " bytes that the ", bits_.what(),
                  " may take");
    return std::min(count, room);
  }

  const Bits& bits_;
  std::size_t most_;
  Beyond beyond_;
  std::vector<std::uint8_t> bytes_ = {};
};

void stored_block(Bits& bits, Output& output) {
  bits.skip_to_byte();
  const std::uint32_t length = bits.take(16);
  bits.require((bits.take(16) ^ length) == 0xFFFF, "the length of a stored block and its complement differ");
  for (std::uint32_t i = 0; i < length && !output.done(); ++i) {
    output.append(static_cast<std::uint8_t>(bits.take(8)));
  }
}

void packed_block(Bits& bits, Output& output, const Codes& literals, const Codes& distances) {
  constexpr int kEndOfBlock = 256;
  for (int symbol; !output.done() && (symbol = literals.next(bits)) != kEndOfBlock;) {
    if (symbol < kEndOfBlock) {
      output.append(static_cast<std::uint8_t>(symbol));
      continue;
    }
    const auto length = static_cast<std::size_t>(symbol - kEndOfBlock - 1);
    bits.require(length < kCopyLengths.size(), "length ", symbol, ", which does not exist");
    const std::size_t count = kCopyLengths[length].base + bits.take(kCopyLengths[length].bits);
    const auto distance = static_cast<std::size_t>(distances.next(bits));
    bits.require(distance < kDistances.size(), "distance ", distance, ", which does not exist");
    output.copy(kDistances[distance].base + bits.take(kDistances[distance].bits), count);
  }
}

/// Code lengths of a block that brings its own codes (3.2.7): literals and lengths first, then distances.
void block_with_codes(Bits& bits, Output& output) {
  constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  const std::size_t literals = bits.take(5) + 257, distances = bits.take(5) + 1, meta = bits.take(4) + 4;
  std::array<std::uint8_t, kOrder.size()> meta_lengths{};
  for (std::size_t i = 0; i < meta; ++i) {
    meta_lengths[kOrder[i]] = static_cast<std::uint8_t>(bits.take(3));
  }
  const Codes meta_codes(meta_lengths, bits);
  std::vector<std::uint8_t> lengths;
  while (lengths.size() < literals + distances) {
    const int symbol = meta_codes.next(bits);
    if (symbol < 16) {
      lengths.push_back(static_cast<std::uint8_t>(symbol));
      continue;
    }
    bits.require(symbol > 16 || !lengths.empty(), "a repetition of nothing");
    const std::uint8_t repeated = symbol == 16 ? lengths.back() : std::uint8_t{0};
    lengths.insert(lengths.end(),
                   symbol == 16   ? 3 + bits.take(2)
                   : symbol == 17 ? 3 + bits.take(3)
                                  : 11 + bits.take(7),
                   repeated);
  }
  bits.require(lengths.size() == literals + distances, "more code lengths than codes");
  const std::span<const std::uint8_t> all = lengths;
  packed_block(bits, output, Codes(all.first(literals), bits), Codes(all.subspan(literals), bits));
}

void block_with_fixed_codes(Bits& bits, Output& output) {
  std::array<std::uint8_t, 288> literals{};
  std::fill_n(literals.begin(), 144, std::uint8_t{8});
  std::fill_n(literals.begin() + 144, 112, std::uint8_t{9});
  std::fill_n(literals.begin() + 256, 24, std::uint8_t{7});
  std::fill_n(literals.begin() + 280, 8, std::uint8_t{8});
  std::array<std::uint8_t, 32> distances{};
  distances.fill(5);
  packed_block(bits, output, Codes(literals, bits), Codes(distances, bits));
}

/// Two sums modulo 65521: of the bytes, and of the first sum after each byte.
std::uint32_t adler32(std::span<const std::uint8_t> bytes) {
  constexpr std::uint32_t kModulus = 65521;
  constexpr std::size_t kPiece = 5552;  // the most bytes whose sums fit 32 bits
  std::uint32_t sum = 1, sums = 0;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(kPiece, bytes.size()));
    for (const std::uint8_t byte : piece) {
      sum += byte;
      sums += sum;
    }
    sum %= kModulus;
    sums %= kModulus;
    bytes = bytes.subspan(piece.size());
  }
  return sums << 16 | sum;
}

void unpack_blocks(Bits& bits, Output& output) {
  bool last = false;
  while (!last && !output.done()) {
    last = bits.take(1) != 0;
    const std::uint32_t kind = bits.take(2);
    bits.require(kind != 3, "a block of a kind that does not exist");
    kind == 0   ? stored_block(bits, output)
    : kind == 1 ? block_with_fixed_codes(bits, output)
                : block_with_codes(bits, output);
  }
}

/// RFC 1952, 2.3: two bytes by which it is known, method, flags, six bytes (time, how hard it was packed, system), and
/// what the flags announce, of which nothing is needed here.
void skip_gzip_header(Bits& bits) {
  constexpr std::uint32_t kChecksum = 2, kExtra = 4, kName = 8, kComment = 16, kReserved = 0xE0;
  bits.require(bits.take(8) == 0x1F && bits.take(8) == 0x8B, "no header of gzip");
  bits.require(bits.take(8) == 8, "a method other than deflate");
  const std::uint32_t flags = bits.take(8);
  bits.require((flags & kReserved) == 0, "flags of gzip that do not exist");
  for (int i = 0; i < 6; ++i) {
    bits.take(8);
  }
  for (std::uint32_t left = (flags & kExtra) != 0 ? bits.take(16) : 0; left > 0; --left) {
    bits.take(8);
  }
  for (const std::uint32_t text : {kName, kComment}) {
    while ((flags & text) != 0 && bits.take(8) != 0) {
    }
  }
  bits.take((flags & kChecksum) != 0 ? 16 : 0);
}

std::uint32_t little32(Bits& bits) {
  const std::uint32_t low = bits.take(16);
  return bits.take(16) << 16 | low;
}

}  // namespace

std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> stream, std::size_t most, const std::string& name) {
  Bits bits(stream, name, "pixels");
  const std::uint32_t method = bits.take(8), flags = bits.take(8);
  bits.require((method & 15) == 8 && (256 * method + flags) % 31 == 0 && (flags & 32) == 0, "no header of zlib");
  Output output(most, Beyond::error, bits);
  unpack_blocks(bits, output);
  bits.skip_to_byte();
  std::uint32_t expected = 0;
  for (int i = 0; i < 4; ++i) {
    expected = expected << 8 | bits.take(8);
  }
  bits.require(adler32(output.bytes()) == expected, "the unpacked pixels' checksum (Adler-32) is another");
  return std::move(output.bytes());
}

std::vector<std::uint8_t> gunzip(std::span<const std::uint8_t> file, std::size_t most, const std::string& name) {
  Bits bits(file, name, "file");
  skip_gzip_header(bits);
  Output output(most, Beyond::error, bits);
  unpack_blocks(bits, output);
  bits.skip_to_byte();
  const std::uint32_t checksum = little32(bits), length = little32(bits);
  bits.require(crc32(output.bytes()) == checksum, "the unpacked bytes' checksum (CRC-32) is another");
  bits.require(static_cast<std::uint32_t>(output.bytes().size()) == length, "it says that it unpacks to ", length,
               " bytes, but does to ", output.bytes().size());
  bits.require(bits.at_end(), "bytes behind the end; one with several members must be unpacked first (gunzip)");
  return std::move(output.bytes());
}

std::vector<std::uint8_t> gunzip_head(std::span<const std::uint8_t> file, std::size_t count, const std::string& name) {
  Bits bits(file, name, "file");
  skip_gzip_header(bits);
  Output output(count, Beyond::stop, bits);
  unpack_blocks(bits, output);
  return std::move(output.bytes());
}

}  // namespace gibbs::data
