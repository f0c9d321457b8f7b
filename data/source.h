// What a trainer's --data accepts: "drawn", a folder of CIFAR-10's binary batches, a folder with train/ and test/ class
// folders, or one of class folders alone, of whose pictures some are kept for testing. Finds out which it is and reads
// both parts.
#pragma once

#include <optional>
#include <string>

#include "gibbs/data/dataset.h"
#include "gibbs/data/image.h"

namespace gibbs::data {

struct SourceOptions {
  /// Resize the pictures of class folders; without it they must all have one size.
  std::optional<ImageSize> size = std::nullopt;
  /// Of the pictures in class folders; those that ask for more are left out and named.
  ImageLimits limits = {};
  /// Of class folders without train/ and test/: the share kept for testing, chosen by a hash of each picture's path.
  double test_share = 0.2;
  std::int64_t drawn_train = 10'000;
  std::int64_t drawn_test = 2'000;
  std::uint64_t drawn_seed = 0;
};

struct Source {
  ImageDataset train, test;
  std::string description;  // one line, with the counts: what was read, from where, and how many files were broken
};

/// Errors say what was looked for and what was found; train and test must have the same classes and picture size.
Source load(const std::string& source, const SourceOptions& options = {});

}  // namespace gibbs::data
