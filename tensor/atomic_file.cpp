#include "gibbs/tensor/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "gibbs/tensor/error.h"

namespace gibbs {
namespace {

/// An open temporary file beside its target; removed unless committed.
class TemporaryFile final : public FileWriter {
 public:
  explicit TemporaryFile(std::filesystem::path target)
      : target_(std::move(target)), name_(target_.string() + unique_suffix()) {
    file_ = open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    check(file_ >= 0, "save: cannot create ", target_.string(), ": ", std::strerror(errno));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_ >= 0) {
      close(file_);
      unlink(name_.c_str());
    }
  }

  void write(const void* data, std::size_t bytes) override {
    const auto* next = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t written = ::write(file_, next, bytes);
      if (written < 0 && errno == EINTR) {
        continue;
      }
      require(written > 0, "write");
      next += written;
      bytes -= static_cast<std::size_t>(written);
    }
  }

  /// fsync, close, rename, and fsync of the folder, so that the new name survives a power failure too.
  void commit() {
    require(fsync(file_) == 0, "flush");
    require(std::rename(name_.c_str(), target_.c_str()) == 0, "rename");
    close(file_);
    file_ = -1;
    const std::string folder = target_.has_parent_path() ? target_.parent_path().string() : ".";
    if (const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
      fsync(directory);
      close(directory);
    }
  }

 private:
  /// Two writers of one file, in this process or another, must not share a temporary one.
  static std::string unique_suffix() {
    static std::atomic<unsigned> count{0};
    return ".partial." + std::to_string(getpid()) + '.' + std::to_string(count++);
  }
  void require(bool ok, const char* action) const {
    check(ok, "save: cannot ", action, " ", target_.string(), ": ", std::strerror(errno),
          "; what was there before is unchanged");
  }

  std::filesystem::path target_;
  std::string name_;
  int file_ = -1;
};

}  // namespace

void write_file_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& produce) {
  TemporaryFile file(path);
  produce(file);
  file.commit();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
  write_file_atomically(path, [&](FileWriter& file) { file.write(contents); });
}

}  // namespace gibbs
