// Where a file is to be saved to, looked at before training: a folder that is missing should show now, not after the
// first epoch.
#pragma once

#include <filesystem>

namespace gibbs::train {

/// Throws unless `path` could be a file in a folder that is there; `who` opens the message.
void check_save_path(const char* who, const std::filesystem::path& path);

}  // namespace gibbs::train
