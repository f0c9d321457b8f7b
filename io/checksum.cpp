#include "gibbs/io/checksum.h"

#define XXH_INLINE_ALL  // the header is the whole library
#ifdef __AVX512F__      // memory is the limit as it is, and g++ 12 warns of its own 512-bit intrinsics
#define XXH_VECTOR XXH_AVX2
#endif
#include <fmt/format.h>
#include <xxhash.h>

namespace gibbs::io {

struct Checksum::State {
  XXH3_state_t xxh3;
};

Checksum::Checksum() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh3); }

Checksum::~Checksum() = default;

void Checksum::update(const void* data, std::size_t bytes) {
  if (bytes > 0) {
    XXH3_64bits_update(&state_->xxh3, data, bytes);
  }
}

std::uint64_t Checksum::value() const { return XXH3_64bits_digest(&state_->xxh3); }

std::string Checksum::text() const { return checksum_text(value()); }

std::string checksum_text(std::uint64_t value) { return fmt::format("{}{:016x}", kChecksumName, value); }

std::uint64_t checksum_of(const void* data, std::size_t bytes) { return XXH3_64bits(data, bytes); }

}  // namespace gibbs::io
