// Checksum: 64 bits that tell whether bytes are what they were: XXH3 (xxHash 0.8, by Yann Collet), at the speed of
// memory.
//
// It finds damage, one flipped bit as surely as a lost block, but no forger: whoever can change the bytes can change
// the sum. Fingerprints of weights, which people compare, are SHA-256 (io/sha256.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gibbs::io {

/// How the texts begin that Checksum::text gives.
inline constexpr std::string_view kChecksumName = "xxh3-64:";
/// The length of these texts.
inline constexpr std::size_t kChecksumLength = kChecksumName.size() + 16;

/// Of bytes that come in pieces; how they were cut has no influence.
class Checksum {
 public:
  Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;
  ~Checksum();

  void update(const void* data, std::size_t bytes);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// Of all bytes so far; more may follow.
  std::uint64_t value() const;
  /// checksum_text(value()).
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The value for bytes that lie in one piece.
std::uint64_t checksum_of(const void* data, std::size_t bytes);
/// A value as "xxh3-64:" and 16 lower-case hexadecimal digits.
std::string checksum_text(std::uint64_t value);

}  // namespace gibbs::io
