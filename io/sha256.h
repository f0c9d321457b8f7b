// SHA-256 (FIPS 180-4): fingerprints of weights and files. Not for secrets: its running time is not hidden.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gibbs::io {

class Sha256 {
 public:
  /// Appends bytes to the message.
  void update(const void* data, std::size_t bytes);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// The digest of the message so far, as 64 lower-case hexadecimal digits. The message may go on afterwards.
  std::string hex() const;

 private:
  void compress(const std::uint8_t* block);

  // The first 32 bits of the fractional parts of the square roots of the first eight primes.
  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> pending_{};  // the bytes of a block that is not full yet
  std::uint64_t length_ = 0;                // of the message, in bytes
};

}  // namespace gibbs::io
