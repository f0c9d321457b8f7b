// The bytes of an encoded picture with the name of its file: reads big-endian numbers and never reads past the end.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gibbs/tensor/error.h"

namespace gibbs::data {

/// `name` must outlive this. Offsets count from the start of the file.
class PictureBytes {
 public:
  PictureBytes(std::span<const std::uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::size_t size() const { return bytes_.size(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  bool holds(std::size_t offset, std::size_t count) const { return offset <= size() && count <= size() - offset; }

  /// Error for all of these: "image: NAME: the file ends after N bytes, before the picture does".
  std::span<const std::uint8_t> piece(std::size_t offset, std::size_t count) const {
    check(holds(offset, count), "image: ", name_, ": the file ends after ", size(), " bytes, before the picture does");
    return bytes_.subspan(offset, count);
  }
  std::uint32_t byte(std::size_t offset) const { return piece(offset, 1)[0]; }
  std::uint32_t big16(std::size_t offset) const { return big(offset, 2); }
  std::uint32_t big32(std::size_t offset) const { return big(offset, 4); }

  /// Unless `ok`, throws "image: NAME: byte OFFSET: PARTS".
  template <class... Parts>
  void require(bool ok, std::size_t offset, const Parts&... parts) const {
    check(ok, "image: ", name_, ": byte ", offset, ": ", parts...);
  }

 private:
  std::uint32_t big(std::size_t offset, std::size_t count) const {
    std::uint32_t number = 0;
    for (const std::uint8_t byte : piece(offset, count)) {
      number = number << 8 | byte;
    }
    return number;
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
};

}  // namespace gibbs::data
