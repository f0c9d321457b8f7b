#include <cstdlib>
#include <memory>

#include "tests/fuzz/repair.h"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace gibbs::fuzz {
namespace {

constexpr std::size_t kSignature = 8, kFrame = 12;  // a chunk is length, name, data, checksum

struct Chunk {
  std::size_t name, end;  // offsets; the checksum begins at the end
};

std::vector<Chunk> chunks_of(const Bytes& file) {
  std::vector<Chunk> chunks;
  for (std::size_t at = kSignature; at + kFrame <= file.size();) {
    const std::size_t length =
        std::size_t{file[at]} << 24 | std::size_t{file[at + 1]} << 16 | std::size_t{file[at + 2]} << 8 | file[at + 3];
    if (length > file.size() - at - kFrame) {
      break;
    }
    chunks.push_back({.name = at + 4, .end = at + 8 + length});
    at += kFrame + length;
  }
  return chunks;
}

std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 0; i < count; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
    }
  }
  return ~crc;
}

std::uint32_t adler32(const char* bytes, int count) {
  std::uint32_t sum = 1, sums = 0;
  for (int i = 0; i < count; ++i) {
    sum = (sum + static_cast<std::uint8_t>(bytes[i])) % 65521;
    sums = (sums + sum) % 65521;
  }
  return sums << 16 | sum;
}

/// The last four bytes of the packed rows become the checksum of what stb_image, which ignores it, unpacks.
void repair_rows(Bytes& file, const std::vector<Chunk>& chunks) {
  std::vector<std::size_t> places;
  std::string packed;
  for (const Chunk& chunk : chunks) {
    if (std::string_view(reinterpret_cast<const char*>(file.data()) + chunk.name, 4) == "IDAT") {
      for (std::size_t i = chunk.name + 4; i < chunk.end; ++i) {
        places.push_back(i);
        packed.push_back(static_cast<char>(file[i]));
      }
    }
  }
  int count = 0;
  const std::unique_ptr<char, void (*)(void*)> rows(
      stbi_zlib_decode_malloc(packed.data(), static_cast<int>(packed.size()), &count), std::free);
  if (rows != nullptr && places.size() >= 4) {
    const std::uint32_t sum = adler32(rows.get(), count);
    for (std::size_t i = 0; i < 4; ++i) {
      file[places[places.size() - 4 + i]] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    }
  }
}

}  // namespace

void repair_png(Bytes& file) {
  const std::vector<Chunk> chunks = chunks_of(file);
  repair_rows(file, chunks);
  for (const Chunk& chunk : chunks) {
    const std::uint32_t crc = crc32(file.data() + chunk.name, chunk.end - chunk.name);
    for (std::size_t i = 0; i < 4; ++i) {
      file[chunk.end + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    }
  }
}

}  // namespace gibbs::fuzz
