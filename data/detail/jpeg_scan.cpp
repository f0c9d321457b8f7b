#include "gibbs/data/detail/jpeg_scan.h"

#include <algorithm>
#include <bit>

namespace gibbs::data {

bool HuffmanTable::fit_codes(std::span<const std::uint8_t> counts) {
  std::uint32_t total = 0, codes = 0;
  for (int length = 1; length <= kLengths; ++length) {
    total += counts[length - 1];
    codes = 2 * codes + counts[length - 1];
    if (codes > (1U << length)) {
      return false;
    }
  }
  return total <= 256;
}

HuffmanTable::HuffmanTable(std::span<const std::uint8_t> counts, std::span<const std::uint8_t> symbols)
    : defined_(true) {
  std::copy(symbols.begin(), symbols.end(), symbols_.begin());
  std::uint32_t code = 0, index = 0;
  for (int length = 1; length <= kLengths; ++length) {
    code *= 2;
    to_symbol_[length] = static_cast<std::int32_t>(index) - static_cast<std::int32_t>(code);
    for (int i = 0; i < counts[length - 1]; ++i, ++code, ++index) {
      if (length <= 8) {
        const auto first = short_codes_.begin() + (code << (8 - length));
        std::fill_n(first, 1 << (8 - length),
                    Code{.length = static_cast<std::uint8_t>(length), .symbol = symbols[index]});
      }
    }
    end_[length] = code << (kLengths - length);
  }
}

HuffmanTable::Code HuffmanTable::find(std::uint32_t next_16_bits) const {
  if (const Code code = short_codes_[next_16_bits >> 8]; code.length > 0) {
    return code;
  }
  for (int length = 9; length <= kLengths; ++length) {
    if (next_16_bits < end_[length]) {
      const std::int64_t code = next_16_bits >> (kLengths - length);
      return {.length = static_cast<std::uint8_t>(length),
              .symbol = symbols_[static_cast<std::size_t>(to_symbol_[length] + code)]};
    }
  }
  return {};
}

namespace {

/// The bits of one interval. Behind its end stand zeros, and `overdrawn` says that some of them were taken.
class IntervalBits {
 public:
  IntervalBits(const PictureBytes& file, std::size_t offset) : file_(&file), offset_(offset) {}

  std::uint32_t next_16() {
    fill(16);
    return static_cast<std::uint32_t>(buffer_ >> 48);
  }
  /// Takes `count` bits, at most 16.
  std::uint32_t take(int count) {
    fill(count);
    const std::uint64_t bits = count > 0 ? buffer_ >> (64 - count) : 0;
    buffer_ <<= count;
    left_ -= count;
    return static_cast<std::uint32_t>(bits);
  }
  bool overdrawn() const { return left_ < 0; }

  /// Where reading has come to: behind all bytes of the interval when fewer than eight of its bits are left.
  std::size_t offset() const { return offset_; }
  bool at_end() {
    fill(16);
    return left_ < 8;
  }

 private:
  void fill(int count) {
    while (left_ < count) {
      std::size_t next = offset_ + 1;
      if (!file_->holds(offset_, 1)) {
        return;
      }
      const std::uint64_t byte = file_->data()[offset_];
      if (byte == 0xFF) {
        next = std::find_if(file_->data() + next, file_->data() + file_->size(), [](auto b) { return b != 0xFF; }) -
               file_->data();
        if (!file_->holds(next, 1) || file_->data()[next] != 0) {
          return;  // a marker
        }
        ++next;
      }
      offset_ = next;
      buffer_ |= byte << (56 - left_);
      left_ += 8;
    }
  }

  const PictureBytes* file_;
  std::size_t offset_;
  std::uint64_t buffer_ = 0;  // the next bits, from the top
  int left_ = 0;
};

class ScanReader {
 public:
  ScanReader(const PictureBytes& file, std::size_t offset, const Scan& scan)
      : file_(file), scan_(scan), bits_(file, offset), start_(offset) {}

  std::size_t read() {
    const bool alone = scan_.components.size() == 1;
    const ScanComponent& first = scan_.components[0];
    const std::int64_t wide = alone ? first.blocks_wide : scan_.mcus_wide;
    const std::int64_t mcus = wide * (alone ? first.blocks_high : scan_.mcus_high);
    for (std::int64_t mcu = 0; mcu < mcus; ++mcu) {
      if (scan_.restart_interval > 0 && mcu > 0 && mcu % scan_.restart_interval == 0) {
        restart(mcu / scan_.restart_interval - 1);
      }
      for (const ScanComponent& component : scan_.components) {
        const int blocks = alone ? 1 : component.horizontal * component.vertical;
        for (int i = 0; i < blocks; ++i) {
          block(component, mcu);
        }
      }
      if (bits_.overdrawn()) {
        file_.piece(bits_.offset(), 1);  // where the file ends, that is the error
        file_.require(false, bits_.offset(), "the data of the scan at byte ", start_, " end after ", mcu, " of ", mcus,
                      " coded units");
      }
    }
    return bits_.offset();
  }

 private:
  void require(bool ok, const char* what) const { file_.require(ok, bits_.offset(), what); }

  void restart(std::int64_t number) {
    const auto expected = static_cast<std::uint32_t>(0xD0 + number % 8);
    bool found = bits_.at_end();
    std::size_t offset = bits_.offset();
    while (found && file_.byte(offset) == 0xFF) {
      ++offset;
    }
    found = found && file_.byte(offset) == expected;
    file_.require(found, bits_.offset(), "expected the marker of restart ", number);
    bits_ = IntervalBits(file_, offset + 1);
    blocks_to_skip_ = 0;
  }

  int symbol(const HuffmanTable& table) {
    const HuffmanTable::Code code = table.find(bits_.next_16());
    // Zeros behind the end may be no code; what is wrong then is that the data ended.
    require(code.length > 0 || bits_.at_end(), "bits that are no Huffman code");
    bits_.take(code.length > 0 ? code.length : HuffmanTable::kLengths);
    return code.symbol;
  }

  void block(const ScanComponent& component, std::int64_t index) {
    if (!scan_.progressive) {
      dc(component);
      ac(component);
    } else if (scan_.first == 0) {
      scan_.high == 0 ? dc(component) : void(bits_.take(1));
    } else {
      std::uint64_t& not_zero = (*component.not_zero)[static_cast<std::size_t>(index)];
      scan_.high == 0 ? first_ac(component, not_zero) : refine_ac(component, not_zero);
    }
  }

  void dc(const ScanComponent& component) {
    const int size = symbol(*component.dc);
    require(size <= 15, "a DC difference of more than 15 bits");
    bits_.take(size);
  }

  /// All of a sequential block's numbers but the first (F.1.2.2).
  void ac(const ScanComponent& component) {
    int k = 1;
    while (k < 64) {
      const int run_size = symbol(*component.ac), run = run_size >> 4, size = run_size & 15;
      if (size == 0 && run < 15) {
        return;  // end of block
      }
      bits_.take(size);
      k += run + 1;
    }
    require(k == 64, "more than 64 coefficients in a block");
  }

  /// The upper bits of the coefficients first .. last (G.1.2.2).
  void first_ac(const ScanComponent& component, std::uint64_t& not_zero) {
    if (blocks_to_skip_ > 0) {
      --blocks_to_skip_;
      return;
    }
    int k = scan_.first;
    while (k <= scan_.last) {
      const int run_size = symbol(*component.ac), run = run_size >> 4, size = run_size & 15;
      if (size == 0 && run < 15) {
        blocks_to_skip_ = (1 << run) - 1 + static_cast<int>(bits_.take(run));
        return;
      }
      require(size + scan_.low <= 15, "a coefficient of more than 15 bits");
      bits_.take(size);
      k += run + 1;
      require(k <= scan_.last + 1, "more coefficients in a block than the scan has");
      not_zero |= size > 0 ? std::uint64_t{1} << (k - 1) : 0;
    }
  }

  /// One more bit of the coefficients first .. last (G.1.2.3).
  void refine_ac(const ScanComponent& component, std::uint64_t& not_zero) {
    int k = scan_.first;
    while (k <= scan_.last && blocks_to_skip_ == 0) {
      const int run_size = symbol(*component.ac), run = run_size >> 4, size = run_size & 15;
      if (size == 0 && run < 15) {
        blocks_to_skip_ = (1 << run) + static_cast<int>(bits_.take(run));  // this block included
        break;
      }
      require(size <= 1, "a refinement of more than one bit");
      bits_.take(size);
      k = pass_zeros(k, run, not_zero);
      require(k <= scan_.last || size == 0, "more coefficients in a block than the scan has");
      not_zero |= size > 0 ? std::uint64_t{1} << k : 0;
      ++k;
    }
    if (blocks_to_skip_ > 0) {
      --blocks_to_skip_;
      pass_zeros(k, 64, not_zero);
    }
  }

  /// From k on passes over `count` zeros, and takes the bit of each coefficient between them that is not; gives the
  /// position of the zero after those.
  int pass_zeros(int k, int count, std::uint64_t not_zero) {
    for (; k <= scan_.last; ++k) {
      if ((not_zero >> k & 1) != 0) {
        bits_.take(1);
      } else if (count-- == 0) {
        break;
      }
    }
    return k;
  }

  const PictureBytes& file_;
  const Scan& scan_;
  IntervalBits bits_;
  std::size_t start_;
  int blocks_to_skip_ = 0;  // EOBRUN
};

}  // namespace

std::size_t read_scan(const PictureBytes& file, std::size_t offset, const Scan& scan) {
  return ScanReader(file, offset, scan).read();
}

}  // namespace gibbs::data
