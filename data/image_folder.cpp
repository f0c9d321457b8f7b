#include "gibbs/data/image_folder.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "gibbs/data/resize.h"
#include "gibbs/tensor/input_file.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kGrain = 64;  // files of one piece of the parallel loop

struct PictureFile {
  std::string path;
  std::int64_t label;
};

/// What became of a file: its pixels are in their place, or the reason why not.
struct Outcome {
  std::string problem;
  bool wrong_size = false;
};

bool is_picture_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

/// Names of the entries that `wanted` accepts, sorted; hidden ones are left out.
template <class Wanted>
std::vector<std::string> sorted_names(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.front() != '.' && wanted(*entry)) {
      names.push_back(std::move(name));
    }
  }
  check(!error, "image folder: cannot list ", folder.string(), ": ", error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> find_classes(const fs::path& folder) {
  std::error_code ignored;
  check(fs::exists(folder, ignored), "image folder: ", folder.string(), " does not exist");
  check(fs::is_directory(folder, ignored), "image folder: ", folder.string(), " is a file, not a folder");
  std::vector<std::string> classes =
      sorted_names(folder, [](const fs::directory_entry& entry) { return entry.is_directory(); });
  check(!classes.empty(), "image folder: ", folder.string(),
        " holds no folders; expected one folder of pictures per class");
  check(classes.size() >= 2, "image folder: ", folder.string(), " holds only one class, ", classes[0],
        "; to classify takes at least two");
  return classes;
}

std::vector<PictureFile> find_pictures(const fs::path& folder, const std::vector<std::string>& classes) {
  std::vector<PictureFile> files;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const fs::path class_folder = folder / classes[label];
    const auto names = sorted_names(class_folder, [](const fs::directory_entry& entry) {
      return is_picture_name(entry.path()) && entry.is_regular_file();
    });
    check(!names.empty(), "image folder: class folder ", class_folder.string(), " holds no .jpg, .jpeg or .png files");
    const std::string prefix = class_folder.string() + "/";
    for (const std::string& name : names) {
      files.push_back({.path = prefix + name, .label = static_cast<std::int64_t>(label)});
    }
  }
  return files;
}

/// The size of the first file whose header can be read.
ImageSize first_size(const std::vector<PictureFile>& files) {
  std::vector<std::uint8_t> bytes;
  std::string first_problem;
  for (const PictureFile& file : files) {
    try {
      read_file(file.path, bytes);
      return image_size(bytes, file.path);
    } catch (const Error& error) {
      first_problem = first_problem.empty() ? error.what() : first_problem;
    }
  }
  fail("image folder: all ", files.size(), " files are broken; the first: ", first_problem);
}

/// Decodes one file to `pixels`, which has room for a picture of `size`.
Outcome decode_into(const PictureFile& file, const ImageSize& size, bool may_resize, std::vector<std::uint8_t>& bytes,
                    std::uint8_t* pixels) {
  try {
    read_file(file.path, bytes);
    if (const ImageSize actual = image_size(bytes, file.path); !may_resize && actual != size) {
      return {.problem = file.path + " is " + to_string(actual), .wrong_size = true};
    }
    const Tensor picture = resize(decode_image(bytes, file.path), size);
    std::memcpy(pixels, picture.data<std::uint8_t>(), static_cast<std::size_t>(picture.numel()));
    return {};
  } catch (const Error& error) {
    return {.problem = error.what()};
  }
}

/// Closes the gaps that broken files left, keeping the order, and lists the problems.
void drop_broken(const std::vector<Outcome>& outcomes, ImageDataset& dataset) {
  const std::int64_t picture = dataset.images.numel() / dataset.images.size(0);
  auto* pixels = dataset.images.mutable_data<std::uint8_t>();
  auto* labels = dataset.labels.mutable_data<std::int64_t>();
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].problem.empty()) {
      dataset.problems.push_back(outcomes[i].problem);
      continue;
    }
    const auto from = static_cast<std::int64_t>(i);
    if (kept != from) {
      std::memcpy(pixels + kept * picture, pixels + from * picture, static_cast<std::size_t>(picture));
      labels[kept] = labels[from];
    }
    ++kept;
  }
  check(kept > 0, "image folder: all ", outcomes.size(), " files are broken; the first: ", outcomes[0].problem);
  dataset.images = dataset.images.rows(0, kept);
  dataset.labels = dataset.labels.rows(0, kept);
}

}  // namespace

ImageDataset read_image_folder(const fs::path& folder, const ImageFolderOptions& options) {
  std::vector<std::string> classes = find_classes(folder);
  const std::vector<PictureFile> files = find_pictures(folder, classes);
  const ImageSize size = options.size ? *options.size : first_size(files);
  const auto n = static_cast<std::int64_t>(files.size());
  ImageDataset result{.images = Tensor::uninitialized({n, size.height, size.width, 3}, DType::uint8),
                      .labels = Tensor::uninitialized({n}, DType::int64),
                      .class_names = std::move(classes),
                      .class_ordered = true};
  auto* pixels = result.images.mutable_data<std::uint8_t>();
  auto* labels = result.labels.mutable_data<std::int64_t>();
  std::vector<Outcome> outcomes(files.size());
  parallel_for(0, n, kGrain, [&](std::int64_t first, std::int64_t last) {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = first; i < last; ++i) {
      const PictureFile& file = files[static_cast<std::size_t>(i)];
      labels[i] = file.label;
      outcomes[static_cast<std::size_t>(i)] =
          decode_into(file, size, options.size.has_value(), bytes, pixels + i * size.height * size.width * 3);
    }
  });
  for (const Outcome& outcome : outcomes) {
    check(!outcome.wrong_size, "image folder: pictures differ in size: ", outcome.problem, ", others are ",
          to_string(size), "; ask for one size to have them resized");
  }
  drop_broken(outcomes, result);
  return result;
}

}  // namespace gibbs::data
