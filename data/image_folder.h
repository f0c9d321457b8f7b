// Pictures as files: a folder with one folder per class, each holding .jpg, .jpeg or .png files.
//
// Classes and files are taken in the order of their names, and decoded in parallel. A file that cannot be opened, is
// broken or asks for more than the limits is left out and named in `problems`, and so is a link that leads nowhere or
// back; only when a class has nothing left is that an error. Hidden entries and files of other names are ignored.
#pragma once

#include <filesystem>
#include <optional>

#include "gibbs/data/dataset.h"
#include "gibbs/data/image.h"

namespace gibbs::data {

/// One of two parts of a folder's pictures, chosen by a hash of CLASS/FILE: a picture stays in its part whatever is
/// added or taken away.
struct HashedPart {
  double test_share;  // that is in the part for testing, about; in (0, 1)
  bool test;          // that part, else the other
};

struct ImageFolderOptions {
  /// Every picture is resized to this size. Without it all pictures must have the same size.
  std::optional<ImageSize> size = std::nullopt;
  /// Every picture keeps its own size; they are the data set's `pictures`.
  bool any_size = false;
  ImageLimits limits = {};
  /// Only the pictures of one part.
  std::optional<HashedPart> part = std::nullopt;
};

/// images: uint8 [N, H, W, 3], class ordered. Errors: no such folder, no class folders, only one class, a class without
/// pictures (in the part that is asked for) or with broken ones only, different sizes without `size` or `any_size`, no
/// memory for the pictures.
ImageDataset read_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options = {});

/// True for a folder of several folders, one of which at least holds a file with the name of a picture.
bool holds_class_folders(const std::filesystem::path& folder);

}  // namespace gibbs::data
