// Reading and writing safetensors files: named tensors that any framework reads and that can hold no code.
//
//   8 bytes    N, the length of the header: unsigned, little-endian
//   N bytes    the header, JSON: {"__metadata__": {"key": "text", ...},
//                                 "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
//              filled up with spaces so that what follows starts at a multiple of 8
//   the rest   the elements of all tensors, row-major and little-endian; data_offsets are [begin, end) in this part
//
// Tensors lie one after the other without gaps, those of larger elements first, so that every one is aligned. Of the
// format's dtypes gibbs has F32, F64, I64 and U8. Format: https://github.com/huggingface/safetensors.
// Nothing here knows of modules: see weights.h.
//
// The metadata may hold a checksum over every byte of the file, taken with its own digits as zeros (io/checksum.h):
// "gibbs.checksum": "xxh3-64:0123456789abcdef". Readers that do not know it read the file as any other. A program that
// changes such a file must leave it out.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gibbs/tensor/named.h"

namespace gibbs::io {

using Metadata = std::map<std::string, std::string>;

inline constexpr const char* kChecksumKey = "gibbs.checksum";

struct Safetensors {
  NamedTensors tensors;  // in the order of their data
  Metadata metadata;     // without the checksum
  bool checked = false;  // there was a checksum, and it is right
};

struct WriteOptions {
  bool checksum = false;
};

/// Creates or replaces a file, whole or not at all (io/atomic_file.h). Throws on undefined tensors, on repeated
/// names, on names that are not UTF-8, on the name "__metadata__", and on metadata that looks like the checksum. Equal
/// arguments give equal bytes.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata = {},
                       const WriteOptions& options = {});

/// Reads a whole file. Nothing in it is believed: the length, the JSON, every dtype, shape and offset is checked before
/// memory for tensors is taken, and so is the checksum where there is one, after which every byte is what was written.
/// Throws Error with the file, the byte offset and what was expected there.
Safetensors read_safetensors(const std::filesystem::path& path);

}  // namespace gibbs::io
