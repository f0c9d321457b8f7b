// Folders of pictures. The input lists what they hold: entries that end with a line "--", each a path in its first line
// and then the bytes of the file. A path that ends in "/" is a folder, a content "-> TARGET" makes a link, "fifo" a
// named pipe. A data set that is accepted is valid, and every picture of it is either there or among the problems.
#include "gibbs/data/image_folder.h"

#include <sys/stat.h>

#include <algorithm>

#include "gibbs/data/source.h"
#include "tests/fuzz/harness.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnd = "\n--\n", kLink = "-> ", kPipe = "fifo";
constexpr data::ImageSize kSize{.height = 4, .width = 4};
constexpr data::ImageLimits kLimits{.pixels = 1 << 16};  // for speed

/// Within the folder: neither absolute nor by way of "..".
bool stays_inside(const fs::path& path) {
  return !path.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end() &&
         path.native().find('\0') == std::string::npos;
}

void make_entry(const fs::path& folder, const fs::path& name, std::string_view content) {
  std::error_code ignored;  // whatever cannot be made, such as a file in place of a folder, is not there
  const fs::path path = folder / name;
  fs::create_directories(path.parent_path(), ignored);
  if (name.filename().empty()) {
    return;
  }
  if (content == kPipe) {
    mkfifo(path.c_str(), 0600);
  } else if (content.starts_with(kLink)) {
    const fs::path target = content.substr(kLink.size());
    if (stays_inside(target)) {
      fs::create_symlink(target, path, ignored);
    }
  } else if (!fs::exists(path, ignored)) {
    std::ofstream(path, std::ios::binary) << content;
  }
}

void make_folder(const fs::path& folder, const std::string& input) {
  constexpr int kMostEntries = 20;
  std::size_t begin = 0;
  for (int i = 0; i < kMostEntries && begin < input.size(); ++i) {
    const std::size_t end = std::min(input.find(kEnd, begin), input.size());
    const std::string entry = input.substr(begin, end - begin);
    const std::size_t line = std::min(entry.find('\n'), entry.size());
    if (const fs::path name = entry.substr(0, line); stays_inside(name)) {
      make_entry(folder, name, std::string_view(entry).substr(std::min(line + 1, entry.size())));
    }
    begin = end + kEnd.size();
  }
}

void check_set(const data::ImageDataset& set) {
  data::validate(set, "fuzz");
  require(set.size() > 0, "a data set holds a picture");
  require(set.classes() >= 2 && set.class_ordered, "there are classes, and their pictures are in their order");
  const auto labels = set.labels.values<std::int64_t>();
  require(std::is_sorted(labels.begin(), labels.end()), "labels are in order");
}

bool examine(const Bytes& input) {
  const testing::TemporaryFolder folder;
  make_folder(folder.path(), text_of(input));
  data::Source source;
  const bool accepted = accepts([&] { source = data::load(folder.path(), {.size = kSize, .limits = kLimits}); });
  if (accepted) {
    check_set(source.train);
    check_set(source.test);
  }
  data::ImageDataset part;
  if (accepts([&] { part = data::read_image_folder(folder.path() / "train", {.limits = kLimits}); })) {
    check_set(part);
  }
  return accepted;
}

std::vector<Bytes> seeds() {
  const std::string path = scratch("seed.png");
  data::write_png(path, Tensor::full({4, 4, 3}, 200, DType::uint8));
  const std::string picture = testing::contents(path);
  std::string pictures, others;
  for (const char* name : {"train/cat/1.png", "train/dog/1.png", "test/cat/1.PNG", "test/dog/2.png"}) {
    pictures.append(name).append("\n").append(picture).append(kEnd);
  }
  for (const char* entry : {"train/cat/link.png\n-> 1.png", "train/dog/pipe.jpg\nfifo", "train/loop\n-> loop",
                            "train/cat/broken.png\n\x89PNG", "test/.hidden/\n", "test/readme\ntext"}) {
    others.append(entry).append(kEnd);
  }
  return {bytes_of(pictures), bytes_of(pictures + others)};
}

}  // namespace

Harness image_folder_harness() { return {.name = "image_folder", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
