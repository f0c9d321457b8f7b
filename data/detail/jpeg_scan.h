// The entropy-coded part of a JPEG scan (T.81, annexes F and G), read without computing a single pixel.
//
// A scan is a row of minimum coded units (MCUs): one block of one component, or of each component as many blocks as
// its sampling factors say. A block is Huffman codes, each followed by the bits of a number. Inside, FF is written
// FF 00; restart markers FF D0 .. FF D7 divide the row into intervals of equal length; any other marker ends it. Where
// a decoder would carry on with invented bits, this one refuses, so that every block of an accepted scan is in the
// file.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "gibbs/data/detail/picture_bytes.h"

namespace gibbs::data {

/// Codes of 1 to 16 bits, the shorter ones first, consecutive numbers within a length.
class HuffmanTable {
 public:
  static constexpr int kLengths = 16;
  struct Code {
    std::uint8_t length = 0;  // 0: no code begins with these bits
    std::uint8_t symbol = 0;
  };

  HuffmanTable() = default;
  /// counts[l]: how many codes have l + 1 bits; they must fit_codes. symbols: one per code.
  HuffmanTable(std::span<const std::uint8_t> counts, std::span<const std::uint8_t> symbols);
  /// At most 256 codes in all, and no more of any length than the shorter ones leave room for.
  static bool fit_codes(std::span<const std::uint8_t> counts);

  bool defined() const { return defined_; }
  Code find(std::uint32_t next_16_bits) const;

 private:
  bool defined_ = false;
  std::array<std::uint8_t, 256> symbols_{};
  std::array<Code, 256> short_codes_{};                 // by the next 8 bits
  std::array<std::uint32_t, kLengths + 1> end_{};       // by length: the first 16 bits that are beyond its codes
  std::array<std::int32_t, kLengths + 1> to_symbol_{};  // by length: index of a symbol minus its code
};

/// One component's part in a scan.
struct ScanComponent {
  std::int64_t blocks_wide = 0, blocks_high = 0;  // of a scan of this component alone
  int horizontal = 1, vertical = 1;               // its blocks in an MCU of several components
  const HuffmanTable* dc = nullptr;               // those that the scan uses
  const HuffmanTable* ac = nullptr;
  std::vector<std::uint64_t>* not_zero = nullptr;  // progressive, AC: by block, one bit per coefficient
};

struct Scan {
  std::vector<ScanComponent> components = {};
  std::int64_t mcus_wide = 0, mcus_high = 0;  // of a scan of several components
  bool progressive = false;
  int first = 0, last = 63;           // coefficients, in zigzag order
  int high = 0, low = 0;              // bits below `low` come in later scans; high = 0: nothing came before
  std::int64_t restart_interval = 0;  // MCUs; 0: no restarts
};

/// Reads the scan whose data begin at `offset`; gives the offset of what follows them.
/// Errors: data that end before the last block, bits that are no code, numbers that fit no block, missing restarts.
std::size_t read_scan(const PictureBytes& file, std::size_t offset, const Scan& scan);

}  // namespace gibbs::data
