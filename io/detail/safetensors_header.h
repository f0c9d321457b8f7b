// The header of a safetensors file: its JSON, read strictly. An implementation detail of safetensors.cpp.
//
// The JSON of a header has one fixed form, so this reader asks for exactly that form, token by token. It therefore
// knows the byte offset of whatever is wrong, cannot be made to nest or to take memory beyond the header's own size,
// and refuses what JSON libraries let pass: repeated keys, unknown keys, numbers that do not fit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gibbs/io/safetensors.h"

namespace gibbs::io::detail {

/// Bytes of the file before the header.
constexpr std::uint64_t kLengthBytes = 8;

/// One tensor as the header describes it; `at` is the file offset of its data_offsets, for messages.
struct TensorEntry {
  std::string name;
  DType dtype;
  Shape shape;
  std::uint64_t begin, end;
  std::uint64_t at;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // sorted by begin; they cover the data without gaps
  Metadata metadata;
};

/// "F32", "F64", "I64" or "U8".
const char* safetensors_dtype(DType dtype);

/// Throws "<file>: byte <offset>: expected <what>, found <what>".
[[noreturn]] void fail_at(const std::string& file, std::uint64_t offset, const std::string& expected,
                          const std::string& found);

/// `text`: the N bytes after the length. `data_bytes`: how many bytes follow the header. Every rule of the format is
/// checked here.
SafetensorsHeader parse_safetensors_header(const std::string& file, std::string_view text, std::uint64_t data_bytes);

}  // namespace gibbs::io::detail
