// Files that appear whole or not at all: written beside their name, fsynced, then renamed over it.
//
// A crash, a full disk or Ctrl-C leaves the old file as it was. Everything the library saves goes through here.
// What others have made of the name stays: a symbolic link is followed and stays a link, and a file keeps its mode,
// owner and group. Two things do not stay: other names of the old file (hard links) keep the old contents, and access
// lists and extended attributes are those of a new file.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace gibbs::io {

/// Receives the bytes of a file that is being written, in order.
class FileWriter {
 public:
  virtual void write(const void* data, std::size_t bytes) = 0;
  void write(std::string_view text) { write(text.data(), text.size()); }

 protected:
  ~FileWriter() = default;
};

/// Creates or replaces `path`, or the file that it is a link to, with what `produce` writes. A new file has the mode
/// 0666 without the umask. An existing one keeps mode, owner and group as far as this process may set them; where it
/// may not set the group, the new group may do no more than everybody may.
///
/// Meanwhile "<file>.partial.<16 random digits>" lies beside the file; a name too long for that is shortened. It is
/// removed on any error, the old file stays, and an Error names the file and the reason: "save: cannot write PATH: No
/// space left on device; what was there before is unchanged". Refused are folders, devices, named pipes and sockets,
/// open files of a process such as /dev/stdout, links in a loop, and files that this process may not write.
void write_file_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& produce);
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace gibbs::io
