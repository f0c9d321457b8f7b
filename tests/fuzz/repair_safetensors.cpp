#include <algorithm>
#include <charconv>

#include "gibbs/io/checksum.h"
#include "tests/fuzz/repair.h"

namespace gibbs::fuzz {
namespace {

constexpr std::size_t kLengthBytes = 8;  // before the header of a safetensors file

/// Where the JSON object that begins at `begin` ends; the end of the text when it does not.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '"') {
      in_string = !in_string;
    } else if (in_string) {
      i += text[i] == '\\';
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

/// The largest E of "data_offsets":[B,E].
std::size_t largest_end(std::string_view header) {
  constexpr std::string_view kKey = R"("data_offsets":[)";
  std::size_t largest = 0;
  for (auto at = header.find(kKey); at != std::string_view::npos; at = header.find(kKey, at + 1)) {
    const std::size_t comma = header.find(',', at + kKey.size());
    if (comma != std::string_view::npos) {
      std::size_t end = 0;
      std::from_chars(header.data() + comma + 1, header.data() + header.size(), end);
      largest = std::max(largest, end);
    }
  }
  return largest;
}

void repair_checksum(Bytes& file) {
  constexpr std::string_view kKey = R"("gibbs.checksum":")";
  const std::string text = text_of(file);
  const std::size_t key = text.find(kKey), place = key + kKey.size();
  if (key == std::string::npos || place + io::kChecksumLength > file.size()) {
    return;
  }
  const auto digits = file.begin() + static_cast<std::ptrdiff_t>(place + io::kChecksumName.size());
  std::copy(io::kChecksumName.begin(), io::kChecksumName.end(), file.begin() + static_cast<std::ptrdiff_t>(place));
  std::fill_n(digits, io::kChecksumLength - io::kChecksumName.size(), '0');
  io::Checksum checksum;
  checksum.update(file.data(), file.size());
  const std::string right = checksum.text();
  std::copy(right.begin() + io::kChecksumName.size(), right.end(), digits);
}

}  // namespace

void repair_safetensors(Bytes& file) {
  constexpr std::size_t kMostData = 4096;
  if (file.size() < kLengthBytes) {
    return;
  }
  const std::string text = text_of(file);
  const std::size_t end = end_of_object(text, kLengthBytes);
  const std::size_t data = largest_end(std::string_view(text).substr(0, end));
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    file[i] = static_cast<std::uint8_t>((end - kLengthBytes) >> 8 * i);
  }
  if (data <= kMostData) {
    file.resize(end + data);
  }
  repair_checksum(file);
}

}  // namespace gibbs::fuzz
