#include "gibbs/data/image.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "gibbs/data/detail/decoder_memory.h"
#include "gibbs/data/detail/jpeg_check.h"
#include "gibbs/data/detail/jpeg_orientation.h"
#include "gibbs/data/detail/png_check.h"
#include "gibbs/io/atomic_file.h"
#include "gibbs/io/input_file.h"

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
  constexpr std::uint8_t kPngSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  return bytes.size() >= 8 && std::equal(std::begin(kPngSignature), std::end(kPngSignature), bytes.begin());
}

void check_format(std::span<const std::uint8_t> bytes, const std::string& name) {
  check(!bytes.empty(), "image: ", name, ": the file is empty");
  check(is_jpeg(bytes) || is_png(bytes), "image: ", name, ": neither a JPEG nor a PNG file, by its first bytes");
}

/// As it is stored, before it is turned.
ImageSize stored_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  check_format(bytes, name);
  return is_png(bytes) ? png_size(bytes, name) : jpeg_size(bytes, name);
}

int orientation_of(std::span<const std::uint8_t> bytes, const std::string& name) {
  return is_png(bytes) ? 1 : jpeg_orientation(bytes, name);
}

/// Decodes a file that has been judged.
Tensor decode(std::span<const std::uint8_t> bytes, const std::string& name, const ImageSize& size) {
  constexpr const char* kNoMemory = "Out of memory";
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()), &width, &height, &channels, kChannels),
      stbi_image_free);
  if (pixels == nullptr) {
    const char* reason = stbi_failure_reason();
    if (reason != nullptr && std::strcmp(reason, kNoMemory) == 0) {
      throw std::bad_alloc();
    }
    fail("image: ", name, ": ", reason != nullptr ? reason : "stb_image cannot decode it");
  }
  check(size == ImageSize{height, width}, "image: ", name, ": decoded to another size than ", to_string(size));
  try {
    const int orientation = orientation_of(bytes, name);
    const ImageSize shown = oriented(size, orientation);
    Tensor picture = Tensor::uninitialized({shown.height, shown.width, kChannels}, DType::uint8);
    orient(pixels.get(), size, kChannels, orientation, picture.mutable_data<std::uint8_t>());
    return picture;
  } catch (const Error&) {
    throw std::bad_alloc();  // what a tensor of this size may lack
  }
}

}  // namespace

std::string to_string(const ImageSize& size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

ImageSize image_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  return oriented(stored_size(bytes, name), orientation_of(bytes, name));
}

Tensor decode_image(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits) {
  const auto most_bytes = std::min<std::int64_t>(limits.file_bytes, std::numeric_limits<int>::max());
  check(std::cmp_less_equal(bytes.size(), most_bytes), "image: ", name, ": ", bytes.size(),
        " bytes, more than the limit of ", most_bytes);
  const ImageSize size = stored_size(bytes, name);
  check(size.height <= limits.pixels / size.width, "image: ", name, ": ", to_string(size), " is ",
        size.height * size.width, " pixels, more than the limit of ", limits.pixels);
  try {
    is_png(bytes) ? check_png(bytes, name) : check_jpeg(bytes, name);
    return decode(bytes, name, size);
  } catch (const std::bad_alloc&) {
    fail("image: ", name, ": no memory to decode ", to_string(size), " pixels");
  }
}

Tensor read_image(const std::filesystem::path& path, const ImageLimits& limits) {
  std::vector<std::uint8_t> bytes;
  io::read_file(path, bytes, limits.file_bytes);
  return decode_image(bytes, path.string(), limits);
}

void write_png(const std::filesystem::path& path, const Tensor& image) {
  check(image.defined() && image.rank() == 3 && image.dtype() == DType::uint8 && image.numel() > 0,
        "write_png: needs a uint8 picture [H, W, C], not ", image.dtype(), " ", image.shape());
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 29;  // stb counts them in int, and doubles its buffers
  check(image.size(2) == 1 || image.size(2) == 3 || image.size(2) == 4, "write_png: needs 1, 3 or 4 channels, not ",
        image.size(2));
  check(image.numel() < kMostBytes - image.size(0), "write_png: the picture ", image.shape(),
        " is too large; less than ", kMostBytes, " bytes of pixels and rows can be written");
  const int height = static_cast<int>(image.size(0)), width = static_cast<int>(image.size(1));
  const int channels = static_cast<int>(image.size(2));
  io::write_file_atomically(path, [&](io::FileWriter& file) {
    const auto forward = [](void* writer, void* bytes, int count) {
      static_cast<io::FileWriter*>(writer)->write(bytes, static_cast<std::size_t>(count));
    };
    const int ok =
        stbi_write_png_to_func(forward, &file, width, height, channels, image.data<std::uint8_t>(), width * channels);
    check(ok != 0, "write_png: no memory to encode ", path.string());
  });
}

}  // namespace gibbs::data
