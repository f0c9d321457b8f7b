// Reading whole files, with errors that name the file and the system's reason. The readers of formats build on it and
// see bytes only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace gibbs::data {

/// Replaces `bytes` with the contents of the file. Reusing one vector for many files spares the allocations.
/// Errors: "read: cannot open PATH: REASON", "read: PATH is a folder, not a file".
void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes);

}  // namespace gibbs::data
