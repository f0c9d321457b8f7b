#include "gibbs/data/image.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "gibbs/data/decoder_memory.h"
#include "gibbs/tensor/atomic_file.h"
#include "gibbs/tensor/input_file.h"

namespace gibbs::data {
namespace {

constexpr int kAsItComes = -1;
std::atomic<int> filling{kAsItComes};

/// realloc(block, size); what is new is filled if fill_decoder_memory said so.
void* decoder_memory(void* block, std::size_t old_size, std::size_t size) {
  void* grown = std::realloc(block, size);
  if (const int byte = filling.load(std::memory_order_relaxed); byte != kAsItComes && grown != nullptr) {
    std::memset(static_cast<std::uint8_t*>(grown) + old_size, byte, size - std::min(old_size, size));
  }
  return grown;
}

}  // namespace

void fill_decoder_memory(std::optional<std::uint8_t> byte) { filling = byte ? int{*byte} : kAsItComes; }

}  // namespace gibbs::data

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#define STBI_MALLOC(size) gibbs::data::decoder_memory(nullptr, 0, size)
#define STBI_REALLOC_SIZED(block, old_size, size) gibbs::data::decoder_memory(block, old_size, size)
#define STBI_FREE(block) std::free(block)
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace gibbs::data {
namespace {

constexpr int kChannels = 3;

bool is_jpeg(std::span<const std::uint8_t> bytes) { return bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8; }
bool is_png(std::span<const std::uint8_t> bytes) {
  constexpr std::uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  return bytes.size() >= 8 && std::equal(std::begin(kSignature), std::end(kSignature), bytes.begin());
}

void check_format(std::span<const std::uint8_t> bytes, const std::string& name) {
  check(!bytes.empty(), "image: ", name, ": the file is empty");
  check(is_jpeg(bytes) || is_png(bytes), "image: ", name, ": neither a JPEG nor a PNG file, by its first bytes");
  check(bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "image: ", name,
        ": more than 2 GB in one picture");
}

/// Some versions of stb_image fill what is missing with grey; JPEG's end marker tells.
void check_complete(std::span<const std::uint8_t> bytes, const std::string& name) {
  constexpr std::uint8_t kEnd[] = {0xFF, 0xD9};
  check(!is_jpeg(bytes) || std::find_end(bytes.begin(), bytes.end(), std::begin(kEnd), std::end(kEnd)) != bytes.end(),
        "image: ", name, ": the file ends after ", bytes.size(), " bytes, before the picture does");
}

}  // namespace

std::string to_string(const ImageSize& size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

ImageSize image_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  check_format(bytes, name);
  int width = 0, height = 0, channels = 0;
  const int ok = stbi_info_from_memory(bytes.data(), static_cast<int>(bytes.size()), &width, &height, &channels);
  check(ok != 0, "image: ", name, ": ", stbi_failure_reason());
  return {.height = height, .width = width};
}

Tensor decode_image(std::span<const std::uint8_t> bytes, const std::string& name) {
  check_format(bytes, name);
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()), &width, &height, &channels, kChannels),
      stbi_image_free);
  check_complete(bytes, name);
  check(pixels != nullptr, "image: ", name, ": ", stbi_failure_reason());
  return Tensor::from<std::uint8_t>(pixels.get(), {height, width, kChannels});
}

Tensor read_image(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes;
  read_file(path, bytes);
  return decode_image(bytes, path.string());
}

void write_png(const std::filesystem::path& path, const Tensor& image) {
  check(image.defined() && image.rank() == 3 && image.dtype() == DType::uint8 && image.numel() > 0,
        "write_png: needs a uint8 picture [H, W, C], not ", image.dtype(), " ", image.shape());
  const int height = static_cast<int>(image.size(0)), width = static_cast<int>(image.size(1));
  const int channels = static_cast<int>(image.size(2));
  check(channels == 1 || channels == 3 || channels == 4, "write_png: needs 1, 3 or 4 channels, not ", channels);
  write_file_atomically(path, [&](FileWriter& file) {
    const auto forward = [](void* writer, void* bytes, int count) {
      static_cast<FileWriter*>(writer)->write(bytes, static_cast<std::size_t>(count));
    };
    const int ok =
        stbi_write_png_to_func(forward, &file, width, height, channels, image.data<std::uint8_t>(), width * channels);
    check(ok != 0, "write_png: no memory to encode ", path.string());
  });
}

}  // namespace gibbs::data
