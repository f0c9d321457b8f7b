// Files that appear whole or not at all: written beside their name, fsynced, then renamed over it.
//
// A crash, a full disk or Ctrl-C leaves the old file as it was. Everything the library saves goes through here.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace gibbs {

/// Receives the bytes of a file that is being written, in order.
class FileWriter {
 public:
  virtual void write(const void* data, std::size_t bytes) = 0;
  void write(std::string_view text) { write(text.data(), text.size()); }

 protected:
  ~FileWriter() = default;
};

/// Creates or replaces `path` with what `produce` writes. On any error the old file stays, the temporary one is
/// removed, and an Error names the file and the system's reason.
void write_file_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& produce);
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace gibbs
