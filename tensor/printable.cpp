#include "gibbs/tensor/printable.h"

#include <array>
#include <cstdint>

namespace gibbs {
namespace {

/// One character of a text: how many bytes it takes, and its code point.
struct Character {
  std::size_t bytes;
  std::uint32_t code;
};

constexpr Character kNotUtf8{.bytes = 0, .code = 0};

/// The UTF-8 character at the start of `text` (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) {
    return {.bytes = 1, .code = lead};
  }
  const std::size_t bytes = lead >> 5 == 0b110 ? 2 : lead >> 4 == 0b1110 ? 3 : lead >> 3 == 0b11110 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) {
    return kNotUtf8;
  }
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (byte(i) >> 6 != 0b10) {
      return kNotUtf8;
    }
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = code >= kSmallest[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return valid ? Character{.bytes = bytes, .code = code} : kNotUtf8;
}

bool is_shown(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool turns_direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  const bool ends_line = code == 0x2028 || code == 0x2029;
  const bool no_character = (code & 0xFFFE) == 0xFFFE;
  return !control && !turns_direction && !ends_line && !no_character;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string shown;
  while (!text.empty()) {
    const Character next = first_character(text);
    const std::size_t bytes = next.bytes > 0 ? next.bytes : 1;
    if (next.bytes > 0 && is_shown(next.code)) {
      shown += text.substr(0, bytes);
    } else {
      for (const char c : text.substr(0, bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        shown += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      }
    }
    text.remove_prefix(bytes);
  }
  return shown;
}

std::string printable(std::string_view text, std::size_t most) {
  constexpr std::string_view kCut = "...";
  constexpr std::size_t kLongestCharacter = 4;
  const std::string shown = printable(text.substr(0, kLongestCharacter * (most + 1)));
  std::size_t characters = 0, cut = 0;
  for (std::size_t i = 0; i < shown.size(); i += first_character(std::string_view(shown).substr(i)).bytes) {
    cut = characters + kCut.size() <= most ? i : cut;
    ++characters;
  }
  return characters <= most ? shown : shown.substr(0, cut).append(kCut);
}

}  // namespace gibbs
