// IDX files, the form of MNIST and its family: a big-endian header (type, rank, sizes), then the elements row by row.
//
// Only unsigned bytes are read, which is all that the family uses; packed with gzip, as they are handed out, or not,
// which their first bytes tell. The header is compared with the size of the file (of a packed one: with what so many
// bytes can unpack to) before memory is taken for the elements.
#pragma once

#include <filesystem>

#include "gibbs/data/dataset.h"

namespace gibbs::data {

inline constexpr std::int64_t kLargestIdxFile = std::int64_t{1} << 32;  // bytes; MNIST's largest has 47 million

/// uint8 tensor of the file's shape. Errors name file, byte offset and what was expected; among them a file of more
/// than `largest` bytes, packed or unpacked, and a packed one whose checksum is another.
Tensor read_idx(const std::filesystem::path& file, std::int64_t largest = kLargestIdxFile);

/// images: file of [N, H, W] -> uint8 [N, H, W, 1]; labels: file of [N]. Class names default to "0", "1", ...
ImageDataset read_idx_dataset(const std::filesystem::path& images, const std::filesystem::path& labels,
                              std::vector<std::string> class_names = {}, std::int64_t largest = kLargestIdxFile);

}  // namespace gibbs::data
