#include "gibbs/train/detail/save_path.h"

#include <system_error>

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {

void check_save_path(const char* who, const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be looked at is no folder
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  check(std::filesystem::is_directory(folder, ignored), who, ": cannot save to ", printable(path.string()),
        ": there is no folder ", printable(folder.string()), "; make it before training");
  check(!std::filesystem::is_directory(path, ignored), who, ": cannot save to ", printable(path.string()),
        ": it is a folder; name a file in it");
}

}  // namespace gibbs::train
