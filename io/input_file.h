// Reading files, with errors that name the file and the system's reason. The readers of formats build on it and see
// bytes only.
//
// Only regular files are read: a pipe may never end, and a device may have no size or do something when it is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace gibbs::io {

/// An open file that closes itself. Several threads may read it at once.
/// Errors: "read: cannot open PATH: REASON", "read: PATH is a folder, not a file" (or a named pipe, a device ...),
/// "read: cannot read PATH: REASON".
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::filesystem::path& path() const { return path_; }
  std::int64_t size() const { return size_; }
  /// Fills `bytes` with `count` bytes from `offset` on and says how many there were; fewer only if the file ended.
  std::int64_t read(std::int64_t offset, std::int64_t count, void* bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::int64_t size_;
};

inline constexpr std::int64_t kAnySize = std::numeric_limits<std::int64_t>::max();

/// Replaces `bytes` with the contents of the file. Reusing one vector for many files spares the allocations.
/// Errors: InputFile's; "read: PATH has N bytes, more than the limit of LARGEST", before memory is taken; and
/// "read: no memory for the N bytes of PATH".
void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes, std::int64_t largest = kAnySize);
/// The same as a string.
std::string read_text_file(const std::filesystem::path& path, std::int64_t largest = kAnySize);

}  // namespace gibbs::io
