// Reading files, with errors that name the file and the system's reason. The readers of formats build on it and see
// bytes only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace gibbs::data {

/// An open file that closes itself. Several threads may read it at once.
/// Errors: "read: cannot open PATH: REASON", "read: PATH is a folder, not a file", "read: cannot read PATH: REASON".
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::filesystem::path& path() const { return path_; }
  std::int64_t size() const { return size_; }
  /// Fills `bytes` with `count` bytes from `offset` on and says how many there were; fewer only if the file ended.
  std::int64_t read(std::int64_t offset, std::int64_t count, std::uint8_t* bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::int64_t size_;
};

/// Replaces `bytes` with the contents of the file. Reusing one vector for many files spares the allocations.
/// Errors: InputFile's.
void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes);

}  // namespace gibbs::data
