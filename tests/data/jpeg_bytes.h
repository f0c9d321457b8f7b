// JPEG files made in tests, segment by segment and bit by bit, so that each part can be left out or made wrong.
//
// All of them use the same two Huffman tables, whose codes all have four bits: a DC code is the number of bits of the
// difference; an AC code is the index of its symbol in kAcSymbols. All quantisation factors are 1.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace gibbs::data {

using Bytes = std::vector<std::uint8_t>;

inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}
inline Bytes text_bytes(const std::string& text) { return {text.begin(), text.end()}; }

inline Bytes jpeg_segment(int marker, const Bytes& body) {
  const std::size_t length = body.size() + 2;
  return joined({{0xFF, static_cast<std::uint8_t>(marker), static_cast<std::uint8_t>(length >> 8),
                  static_cast<std::uint8_t>(length)},
                 body});
}

inline const Bytes kJpegStart = {0xFF, 0xD8};
inline const Bytes kJpegEnd = {0xFF, 0xD9};

inline Bytes jpeg_quantisation(int table, std::uint8_t factor = 1) {
  return jpeg_segment(0xDB, joined({{static_cast<std::uint8_t>(table)}, Bytes(64, factor)}));
}

/// End of block, a 1-bit and a 2-bit number, 16 zeros, a 1-bit number behind one zero, 2 or 3 and 4 to 7 empty blocks,
/// a 1-bit number behind 14 zeros.
inline const Bytes kAcSymbols = {0x00, 0x01, 0x02, 0xF0, 0x11, 0x10, 0x20, 0xE1};

/// kind 0: DC; 1: AC.
inline Bytes jpeg_huffman(int kind, int table) {
  Bytes counts(16, 0);
  Bytes symbols = kAcSymbols;
  if (kind == 0) {
    symbols = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  }
  counts[3] = static_cast<std::uint8_t>(symbols.size());
  return jpeg_segment(0xC4, joined({{static_cast<std::uint8_t>(16 * kind + table)}, counts, symbols}));
}

/// One component of a frame: sampling 0x22 means two by two.
struct JpegComponent {
  int id = 1, sampling = 0x11, quantisation = 0;
};

inline Bytes jpeg_frame(int marker, int height, int width, const std::vector<JpegComponent>& components, int bits = 8) {
  const auto low = [](int number) { return static_cast<std::uint8_t>(number); };
  Bytes body = {low(bits),       low(height >> 8), low(height),
                low(width >> 8), low(width),       low(static_cast<int>(components.size()))};
  for (const JpegComponent& c : components) {
    body.insert(body.end(), {low(c.id), low(c.sampling), low(c.quantisation)});
  }
  return jpeg_segment(marker, body);
}

/// tables: DC in the upper, AC in the lower four bits, for all components. high_low: likewise the bits.
inline Bytes jpeg_scan(const std::vector<int>& ids, int tables = 0, int first = 0, int last = 63, int high_low = 0) {
  Bytes body = {static_cast<std::uint8_t>(ids.size())};
  for (const int id : ids) {
    body.insert(body.end(), {static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(tables)});
  }
  for (const int number : {first, last, high_low}) {
    body.push_back(static_cast<std::uint8_t>(number));
  }
  return jpeg_segment(0xDA, body);
}

/// The bits of one interval, of the highest first.
class JpegBits {
 public:
  JpegBits& put(int value, int count) {
    for (int bit = count - 1; bit >= 0; --bit) {
      bits_.push_back((value >> bit & 1) != 0);
    }
    return *this;
  }
  /// A difference of DC values, or the upper bits of it.
  JpegBits& dc(int difference) {
    int size = 0;
    while (std::abs(difference) >> size != 0) {
      ++size;
    }
    return put(size, 4).put(difference < 0 ? difference + (1 << size) - 1 : difference, size);
  }
  JpegBits& ac(int symbol) {
    return put(static_cast<int>(std::find(kAcSymbols.begin(), kAcSymbols.end(), symbol) - kAcSymbols.begin()), 4);
  }
  /// A block of one colour.
  JpegBits& flat(int difference) { return dc(difference).ac(0); }

  /// Filled up with ones, each FF followed by 00.
  Bytes bytes() const {
    Bytes result;
    for (std::size_t i = 0; i < bits_.size(); i += 8) {
      int byte = 0;
      for (std::size_t bit = i; bit < i + 8; ++bit) {
        byte = 2 * byte + (bit < bits_.size() ? int{bits_[bit]} : 1);
      }
      result.push_back(static_cast<std::uint8_t>(byte));
      if (byte == 0xFF) {
        result.push_back(0);
      }
    }
    return result;
  }

 private:
  std::vector<bool> bits_ = {};
};

/// All tables with number 0.
inline Bytes jpeg_tables() { return joined({jpeg_quantisation(0), jpeg_huffman(0, 0), jpeg_huffman(1, 0)}); }

/// A grey picture whose blocks have the brightness 128 + differences[0] / 8, ... from left to right.
inline Bytes grey_jpeg(const std::vector<int>& differences) {
  JpegBits bits;
  for (const int difference : differences) {
    bits.flat(difference);
  }
  return joined({kJpegStart, jpeg_tables(), jpeg_frame(0xC0, 8, 8 * static_cast<int>(differences.size()), {{}}),
                 jpeg_scan({1}), bits.bytes(), kJpegEnd});
}

/// A grey picture of two blocks from the parts between start and end.
inline Bytes two_blocks(const Bytes& tables, const Bytes& between = {},
                        const Bytes& data = JpegBits().flat(80).flat(8).bytes()) {
  return joined({kJpegStart, tables, jpeg_frame(0xC0, 8, 16, {{}}), between, jpeg_scan({1}), data, kJpegEnd});
}

}  // namespace gibbs::data
