#include "gibbs/data/image_folder.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "gibbs/data/detail/room.h"
#include "gibbs/data/resize.h"
#include "gibbs/io/input_file.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFilesOfAPiece = 64;  // of the parallel loop

struct PictureFile {
  std::string path;
  std::int64_t label;
};

/// What became of a file: its pixels are in their place (or the picture here, when it keeps its size), or the reason
/// why not.
struct Outcome {
  Tensor picture = {};
  std::string problem = {};
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
    if (name.front() != '.' && wanted(entry->path())) {
      names.push_back(std::move(name));
    }
  }
  check(!error, "image folder: cannot list ", folder.string(), ": ", error.message());
  std::sort(names.begin(), names.end());
  return names;
}

/// True for a link to `folder` itself or to one that it lies in.
bool leads_back(const fs::path& entry, const fs::path& folder) {
  std::error_code error;
  const fs::path target = fs::canonical(entry, error), place = fs::canonical(folder, error);
  return !error && std::mismatch(target.begin(), target.end(), place.begin(), place.end()).first == target.end();
}

/// Why an entry that may be a class folder cannot be followed; empty when it can.
std::string problem_of(const fs::path& entry, const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(entry, error);
  const bool is_folder = fs::is_directory(status);
  const bool broken = status.type() == fs::file_type::none || status.type() == fs::file_type::not_found;
  return broken                                   ? "cannot follow " + entry.string() + ": " + error.message()
         : is_folder && leads_back(entry, folder) ? entry.string() + " leads back to a folder that it lies in"
                                                  : "";
}

std::vector<std::string> find_classes(const fs::path& folder, std::vector<std::string>& problems) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  check(status.type() != fs::file_type::not_found, "image folder: ", folder.string(), " does not exist");
  check(status.type() != fs::file_type::none, "image folder: cannot open ", folder.string(), ": ", error.message());
  check(fs::is_directory(status), "image folder: ", folder.string(), " is a file, not a folder");
  std::vector<std::string> classes = sorted_names(folder, [&](const fs::path& entry) {
    const std::string problem = problem_of(entry, folder);
    if (!problem.empty()) {
      problems.push_back("image folder: " + problem);
    }
    std::error_code ignored;
    return problem.empty() && fs::is_directory(entry, ignored);
  });
  std::sort(problems.begin(), problems.end());
  check(!classes.empty(), "image folder: ", folder.string(),
        " holds no folders; expected one folder of pictures per class");
  check(classes.size() >= 2, "image folder: ", folder.string(), " holds only one class, ", classes[0],
        "; to classify takes at least two");
  return classes;
}

bool is_in(const std::optional<HashedPart>& part, const std::string& class_name, const std::string& name) {
  return !part || (random_uniform(RandomKey().derive(class_name + "/" + name), 0) < part->test_share) == part->test;
}

std::vector<PictureFile> find_pictures(const fs::path& folder, const std::vector<std::string>& classes,
                                       const std::optional<HashedPart>& part) {
  std::vector<PictureFile> files;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const fs::path class_folder = folder / classes[label];
    const auto names = sorted_names(class_folder, is_picture_name);
    check(!names.empty(), "image folder: class folder ", class_folder.string(), " holds no .jpg, .jpeg or .png files");
    const std::string prefix = class_folder.string() + "/";
    const std::size_t before = files.size();
    for (const std::string& name : names) {
      if (is_in(part, classes[label], name)) {
        files.push_back({.path = prefix + name, .label = static_cast<std::int64_t>(label)});
      }
    }
    check(files.size() > before, "image folder: of the ", names.size(), " pictures in class folder ",
          class_folder.string(), " none falls to ", part && part->test ? "testing" : "training",
          " by the hash of their paths; add pictures, or make folders train/ and test/");
  }
  return files;
}

/// The size of the first file that can be decoded.
ImageSize first_size(const std::vector<PictureFile>& files, const ImageLimits& limits) {
  std::string first_problem;
  for (const PictureFile& file : files) {
    try {
      const Tensor picture = read_image(file.path, limits);
      return {.height = picture.size(0), .width = picture.size(1)};
    } catch (const Error& error) {
      first_problem = first_problem.empty() ? error.what() : first_problem;
    }
  }
  fail("image folder: all ", files.size(), " files are broken; the first: ", first_problem);
}

/// Decodes one file to `pixels`, which has room for a picture of `size`.
Outcome decode_into(const PictureFile& file, const ImageSize& size, const ImageFolderOptions& options,
                    std::vector<std::uint8_t>& bytes, std::uint8_t* pixels) {
  try {
    io::read_file(file.path, bytes, options.limits.file_bytes);
    Tensor picture = decode_image(bytes, file.path, options.limits);
    if (options.any_size) {
      return {.picture = std::move(picture)};
    }
    if (const ImageSize actual{picture.size(0), picture.size(1)}; !options.size && actual != size) {
      return {.problem = file.path + " is " + to_string(actual), .wrong_size = true};
    }
    try {
      picture = resize(picture, size);
    } catch (const Error& error) {
      fail("image: ", file.path, ": ", error.what());
    }
    std::memcpy(pixels, picture.data<std::uint8_t>(), static_cast<std::size_t>(picture.numel()));
    return {};
  } catch (const Error& error) {
    return {.problem = error.what()};
  }
}

/// Throws when a class has only broken files: it could not be learned, and would be there by name alone.
void check_classes(const std::vector<Outcome>& outcomes, const std::vector<PictureFile>& files,
                   const std::vector<std::string>& classes, const fs::path& folder) {
  for (std::size_t first = 0, last = 0; first < files.size(); first = last) {
    bool usable = false;
    for (; last < files.size() && files[last].label == files[first].label; ++last) {
      usable = usable || outcomes[last].problem.empty();
    }
    check(usable, "image folder: class folder ",
          (folder / classes[static_cast<std::size_t>(files[first].label)]).string(), " holds only broken files, ",
          last - first, " of them; the first: ", outcomes[first].problem);
  }
}

/// Closes the gaps that broken files left, keeping the order, and lists the problems.
void drop_broken(const std::vector<Outcome>& outcomes, ImageDataset& dataset) {
  const bool any_size = !dataset.images.defined();
  const std::int64_t picture = any_size ? 0 : dataset.images.numel() / dataset.images.size(0);
  std::uint8_t* pixels = any_size ? nullptr : dataset.images.mutable_data<std::uint8_t>();
  auto* labels = dataset.labels.mutable_data<std::int64_t>();
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].problem.empty()) {
      dataset.problems.push_back(outcomes[i].problem);
      continue;
    }
    const auto from = static_cast<std::int64_t>(i);
    if (any_size) {
      dataset.pictures.push_back(outcomes[i].picture);
    } else if (kept != from) {
      std::memcpy(pixels + kept * picture, pixels + from * picture, static_cast<std::size_t>(picture));
    }
    labels[kept++] = labels[from];
  }
  dataset.images = any_size ? Tensor() : dataset.images.rows(0, kept);
  dataset.labels = dataset.labels.rows(0, kept);
}

}  // namespace

ImageDataset read_image_folder(const fs::path& folder, const ImageFolderOptions& options) {
  check(!options.any_size || !options.size, "image folder: size and any_size are given; give one of them");
  check(!options.part || (options.part->test_share > 0 && options.part->test_share < 1),
        "image folder: the share for testing must be in (0, 1), it is ", options.part ? options.part->test_share : 0);
  ImageDataset result{.class_ordered = true};
  result.class_names = find_classes(folder, result.problems);
  const std::vector<PictureFile> files = find_pictures(folder, result.class_names, options.part);
  const ImageSize size = options.size       ? *options.size
                         : options.any_size ? ImageSize{1, 1}
                                            : first_size(files, options.limits);
  check(size.height >= 1 && size.width >= 1, "image folder: the size must be at least 1x1, not ", to_string(size));
  const auto n = static_cast<std::int64_t>(files.size());
  if (!options.any_size) {
    result.images = room_for({n, size.height, size.width, 3}, DType::uint8, "image folder: ", folder.string());
  }
  result.labels = Tensor::uninitialized({n}, DType::int64);
  std::uint8_t* pixels = options.any_size ? nullptr : result.images.mutable_data<std::uint8_t>();
  auto* labels = result.labels.mutable_data<std::int64_t>();
  std::vector<Outcome> outcomes(files.size());
  parallel_for(0, n, kFilesOfAPiece, [&](std::int64_t first, std::int64_t last) {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = first; i < last; ++i) {
      const PictureFile& file = files[static_cast<std::size_t>(i)];
      labels[i] = file.label;
      std::uint8_t* place = options.any_size ? nullptr : pixels + i * size.height * size.width * 3;
      outcomes[static_cast<std::size_t>(i)] = decode_into(file, size, options, bytes, place);
    }
  });
  for (const Outcome& outcome : outcomes) {
    check(!outcome.wrong_size, "image folder: pictures differ in size: ", outcome.problem, ", others are ",
          to_string(size), "; ask for one size to have them resized");
  }
  check_classes(outcomes, files, result.class_names, folder);
  drop_broken(outcomes, result);
  return result;
}

bool holds_class_folders(const fs::path& folder) {
  const auto is_folder = [](const fs::path& entry) {
    std::error_code ignored;
    return fs::is_directory(entry, ignored) && !leads_back(entry, entry.parent_path());
  };
  const std::vector<std::string> names = sorted_names(folder, is_folder);
  return names.size() >= 2 && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return !sorted_names(folder / name, is_picture_name).empty();
         });
}

}  // namespace gibbs::data
