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

struct ImageFolderOptions {
  /// Every picture is resized to this size. Without it all pictures must have the same size.
  std::optional<ImageSize> size = std::nullopt;
  ImageLimits limits = {};
};

/// images: uint8 [N, H, W, 3], class ordered. Errors: no such folder, no class folders, only one class, a class without
/// pictures or with broken ones only, different sizes without `size`, no memory for the pictures.
ImageDataset read_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options = {});

}  // namespace gibbs::data
