#include "gibbs/data/source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "gibbs/data/cifar10.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/image_folder.h"

namespace gibbs::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLookedFor =
    "expected data_batch_1..5.bin and test_batch.bin (CIFAR-10, here or in cifar-10-batches-bin/), or train/ and test/ "
    "with one folder of pictures per class, or such folders alone, or the word drawn";

/// What a path leads to; `not_found` also where it cannot be followed.
fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  return type == fs::file_type::none ? fs::file_type::not_found : type;
}
bool is_folder(const fs::path& path) { return type_of(path) == fs::file_type::directory; }
bool is_there(const fs::path& path) { return type_of(path) != fs::file_type::not_found; }

/// True when any of the files is there: an incomplete set is then an error that names the missing file.
bool holds_cifar10(const fs::path& folder) {
  if (is_there(folder / "test_batch.bin")) {
    return true;
  }
  for (int i = 1; i <= 5; ++i) {
    if (is_there(folder / fmt::format("data_batch_{}.bin", i))) {
      return true;
    }
  }
  return false;
}

/// The first few names in a folder, for errors.
std::string contents_of(const fs::path& folder) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string() + (is_folder(entry->path()) ? "/" : ""));
  }
  check(!error, "data: cannot list ", folder.string(), ": ", error.message());
  if (names.empty()) {
    return "nothing";
  }
  std::sort(names.begin(), names.end());
  const std::size_t rest = names.size() - std::min(names.size(), kShown);
  names.resize(names.size() - rest);
  return fmt::format("{}{}", fmt::join(names, ", "), rest > 0 ? fmt::format(" and {} more", rest) : "");
}

Source load_drawn(const SourceOptions& options) {
  // One row of pictures cut in two, so that no test picture is a training picture.
  return {.train = drawn_images(options.drawn_train, options.drawn_seed),
          .test = drawn_images(options.drawn_test, options.drawn_seed, options.drawn_train),
          .description = "drawn pictures, seed " + std::to_string(options.drawn_seed)};
}

Source load_cifar10(const fs::path& folder) {
  Cifar10 parts = read_cifar10(folder);
  return {.train = std::move(parts.train),
          .test = std::move(parts.test),
          .description = "CIFAR-10 batches in " + folder.string()};
}

void check_same_sizes(const fs::path& folder, const Source& source, const char* train, const char* test) {
  const Shape a = source.train.images.shape().without(0), b = source.test.images.shape().without(0);
  check(a == b, "data: ", folder.string(), ": pictures in ", train, " are ", a, " but in ", test, " ", b,
        "; ask for one size to have them resized");
}

Source load_folders(const fs::path& folder, const SourceOptions& options) {
  Source result{.train = read_image_folder(folder / "train", {.size = options.size, .limits = options.limits}),
                .test = {},
                .description = "class folders in " + folder.string()};
  result.test = read_image_folder(folder / "test", {.size = options.size, .limits = options.limits});
  check(result.test.class_names == result.train.class_names, "data: ", folder.string(),
        ": train/ and test/ have different classes: ", fmt::format("{}", fmt::join(result.train.class_names, ", ")),
        " and ", fmt::format("{}", fmt::join(result.test.class_names, ", ")));
  check_same_sizes(folder, result, "train/", "test/");
  return result;
}

/// Without train/ and test/: a picture's path alone decides where it belongs, so that what has been learned from is
/// never tested on, even when pictures are added between two runs.
Source load_one_folder(const fs::path& folder, const SourceOptions& options) {
  check(options.test_share > 0 && options.test_share < 1, "data: the share for testing must be in (0, 1), it is ",
        options.test_share);
  const auto part = [&](bool test) {
    return read_image_folder(folder, {.size = options.size,
                                      .limits = options.limits,
                                      .part = HashedPart{.test_share = options.test_share, .test = test}});
  };
  Source result{
      .train = part(false),
      .test = part(true),
      .description = fmt::format("class folders in {}, without train/ and test/: about {:g} % of the pictures are "
                                 "for testing, chosen by a hash of their paths",
                                 folder.string(), 100 * options.test_share)};
  check_same_sizes(folder, result, "those for training", "those for testing");
  std::erase_if(result.test.problems, [&](const std::string& problem) {  // with the folder itself, which was read twice
    return std::count(result.train.problems.begin(), result.train.problems.end(), problem) > 0;
  });
  return result;
}

Source load_any(const std::string& source, const SourceOptions& options) {
  if (source == "drawn") {
    return load_drawn(options);
  }
  const fs::path folder = source;
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  check(status.type() != fs::file_type::not_found, "data: ", source, " does not exist; ", kLookedFor);
  check(status.type() != fs::file_type::none, "data: cannot open ", source, ": ", error.message());
  check(fs::is_directory(status), "data: ", source, " is a file; ", kLookedFor);
  for (const fs::path& place : {folder, folder / "cifar-10-batches-bin"}) {
    if (holds_cifar10(place)) {
      return load_cifar10(place);
    }
  }
  const bool train = is_folder(folder / "train"), test = is_folder(folder / "test");
  if (!train && !test && holds_class_folders(folder)) {
    return load_one_folder(folder, options);
  }
  check(train && test, "data: ", source, " holds ", contents_of(folder), "; ", kLookedFor);
  return load_folders(folder, options);
}

}  // namespace

Source load(const std::string& source, const SourceOptions& options) {
  Source result = load_any(source, options);
  const std::size_t broken = result.train.problems.size() + result.test.problems.size();
  result.description +=
      fmt::format(": {} for training, {} for testing, {} classes, {}x{}", result.train.size(), result.test.size(),
                  result.train.classes(), result.train.images.size(1), result.train.images.size(2));
  if (broken > 0) {
    result.description += fmt::format("; broken files left out: {}", broken);
  }
  return result;
}

}  // namespace gibbs::data
