// RunFolder: the folder that a run writes to. One run at a time; an unfinished run is not overwritten by accident; a
// run that comes to nothing leaves no empty folder behind.
#pragma once

#include <filesystem>
#include <vector>

namespace gibbs::io {

class RunFolder {
 public:
  /// Creates the folder where it is missing and holds it until destroyed. Removes temporary files that a killed run has
  /// left. Throws when the path is a file, cannot be written to, or is held by another process.
  explicit RunFolder(std::filesystem::path path);
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  /// Removes the folders that the constructor created, if they are still empty.
  ~RunFolder();

  std::filesystem::path operator/(const char* name) const { return path_ / name; }

  /// Throws when `checkpoint` is newer than `result`, the last file of a finished run: a new run would replace it.
  void check_finished(const std::filesystem::path& checkpoint, const std::filesystem::path& result) const;

 private:
  void create();
  void remove_created() noexcept;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> created_;  // outermost first
  int lock_ = -1;
};

}  // namespace gibbs::io
