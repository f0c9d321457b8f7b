// zlib streams (RFC 1950) of deflate blocks (RFC 1951): the bytes that a PNG file packs its pixels into.
//
// Checks what a decoder may be lenient about: no code that does not exist, no copy of what was not written, no more
// bytes than asked for, and the checksum at the end.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gibbs::data {

/// The unpacked bytes; what follows the stream is not looked at. Errors: "NAME: byte N of the packed pixels: WHAT";
/// among them more than `most` bytes, which are never allocated.
std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> stream, std::size_t most, const std::string& name);

}  // namespace gibbs::data
