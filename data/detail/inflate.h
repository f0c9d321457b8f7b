// Deflate blocks (RFC 1951), in zlib streams (RFC 1950): the bytes that a PNG file packs its pixels into; and in gzip
// files (RFC 1952).
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

/// The unpacked bytes of a gzip file of one member, to its end. Errors: "NAME: byte N of the packed file: WHAT"; among
/// them more than `most` bytes, which are never allocated, another checksum or length than it says, and bytes behind
/// it.
std::vector<std::uint8_t> gunzip(std::span<const std::uint8_t> file, std::size_t most, const std::string& name);
/// Its first `count` bytes, or all when there are fewer; what comes behind is not looked at.
std::vector<std::uint8_t> gunzip_head(std::span<const std::uint8_t> file, std::size_t count, const std::string& name);

/// No byte of deflate unpacks to more.
inline constexpr std::size_t kMostUnpackedOfAByte = 1032;

}  // namespace gibbs::data
