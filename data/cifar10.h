// The binary form of CIFAR-10 (Krizhevsky 2009): cifar-10-batches-bin/data_batch_1..5.bin and test_batch.bin.
//
// A file is records one after the other; a record is a label byte and 3,072 bytes of a 32x32 picture, plane by plane:
// 1,024 red, 1,024 green, 1,024 blue. In memory the same picture is [32, 32, 3]. A file with any other length or label
// is refused with the byte where it goes wrong.
#pragma once

#include <filesystem>
#include <vector>

#include "gibbs/data/dataset.h"

namespace gibbs::data {

inline constexpr std::int64_t kCifar10Side = 32;
inline constexpr std::int64_t kCifar10RecordBytes = 1 + 3 * kCifar10Side * kCifar10Side;
inline constexpr std::int64_t kCifar10RecordsPerFile = 10'000;

/// airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
const std::vector<std::string>& cifar10_class_names();

/// The files' records one after the other. Every file must hold exactly `records_per_file`. Errors name file, offset
/// and what was expected: missing, truncated and oversized files, labels over 9.
ImageDataset read_cifar10_batches(const std::vector<std::filesystem::path>& files,
                                  std::int64_t records_per_file = kCifar10RecordsPerFile);

struct Cifar10 {
  ImageDataset train, test;
};
/// data_batch_1..5.bin and test_batch.bin of a folder.
Cifar10 read_cifar10(const std::filesystem::path& folder, std::int64_t records_per_file = kCifar10RecordsPerFile);

/// Writes a batch file of the subset's pictures, which must be [32, 32, 3] with labels 0 to 9.
void write_cifar10_batch(const std::filesystem::path& file, const Subset& subset);

}  // namespace gibbs::data
