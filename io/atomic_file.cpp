#include "gibbs/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "gibbs/io/detail/file_kind.h"
#include "gibbs/tensor/error.h"

namespace gibbs::io {
namespace {

namespace fs = std::filesystem;

/// A folder is opened for its files' sake: where the system can, without a right to list it.
#ifdef O_PATH
constexpr int kFolderOnly = O_PATH;
#else
constexpr int kFolderOnly = O_RDONLY;
#endif

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }

  int number() const { return number_; }
  /// 0, or -1 with the reason in errno. A close that a signal interrupted has closed.
  int close() { return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR ? 0 : -1; }

 private:
  int number_;
};

/// Where a save goes once links are followed, and what is there.
struct Target {
  fs::path path;
  std::optional<struct stat> old;
};

/// `reason` is errno right after the call that failed.
[[noreturn]] void fail_to(const char* action, const fs::path& path, bool existed, int reason) {
  fail("save: cannot ", action, " ", path.string(), ": ", std::strerror(reason),
       existed ? "; what was there before is unchanged" : "; nothing was written");
}

/// A link in /proc leads to what a process has open, which need not have a name.
bool is_open_file_of_process(const struct stat& link) {
  struct stat proc {};
  return stat("/proc", &proc) == 0 && link.st_dev == proc.st_dev;
}

Target find_target(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as in Linux
  fs::path real = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    struct stat status {};
    if (lstat(real.c_str(), &status) != 0) {
      if (errno != ENOENT) {
        fail_to("create", path, /*existed=*/false, errno);
      }
      check(real.has_filename(), "save: '", path.string(), "' does not name a file");
      return {real, {}};
    }
    if (!S_ISLNK(status.st_mode)) {
      check(S_ISREG(status.st_mode), "save: ", path.string(), " is ", kind_of_file(status.st_mode),
            ", not a file; choose another name");
      if (faccessat(AT_FDCWD, real.c_str(), W_OK, AT_EACCESS) != 0) {
        fail_to("write", path, /*existed=*/true, errno);
      }
      return {real, status};
    }
    check(!is_open_file_of_process(status), "save: ", path.string(),
          " is an open file of a process, which has no name of its own; choose a file");
    std::error_code error;
    const fs::path link = fs::read_symlink(real, error);
    if (error) {
      fail_to("follow", path, /*existed=*/true, error.value());
    }
    real = real.parent_path() / link;
  }
  fail("save: ", path.string(), " is a symbolic link that leads back to itself; remove it, or choose another name");
}

/// Nobody can foresee it, so nobody can have put something in its place.
std::string temporary_name(const std::string& name, std::size_t longest) {
  std::random_device random;
  const std::string suffix = fmt::format(".partial.{:08x}{:08x}", random(), random());
  std::size_t kept = std::min(name.size(), longest - suffix.size());
  while (kept > 0 && kept < name.size() && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80) {
    --kept;  // not inside of a UTF-8 character
  }
  return name.substr(0, kept) + suffix;
}

/// An open temporary file in the folder of its target; removed unless committed.
class TemporaryFile final : public FileWriter {
 public:
  explicit TemporaryFile(const fs::path& path) : path_(path), target_(find_target(path)) {
    const fs::path parent = target_.path.parent_path();
    folder_ = Descriptor(open(parent.empty() ? "." : parent.c_str(), kFolderOnly | O_DIRECTORY | O_CLOEXEC));
    require(folder_.number() >= 0, "create");
    create();
    if (target_.old) {
      keep_owner_and_mode(*target_.old);
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { remove(); }

  void write(const void* data, std::size_t bytes) override {
    const auto* next = static_cast<const char*>(data);
    while (bytes > 0) {
      errno = EIO;  // the reason if nothing is written without one
      const ssize_t written = ::write(file_.number(), next, bytes);
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
    require(flush(file_), "flush");
    require(file_.close() == 0, "close");
    const std::string name = target_.path.filename();
    require(renameat(folder_.number(), name_.c_str(), folder_.number(), name.c_str()) == 0, "rename");
    name_.clear();
    const Descriptor folder(openat(folder_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Not every folder may be read, and not every file system can flush folders.
    if (folder.number() >= 0 && !flush(folder) && errno != EINVAL) {
      const int reason = errno;
      fail("save: ", path_.string(), " is written, but flushing its folder failed: ", std::strerror(reason),
           "; after a power failure the old contents may be back");
    }
  }

 private:
  void create() {
    constexpr int kAttempts = 100;
    const long limit = fpathconf(folder_.number(), _PC_NAME_MAX);
    const std::size_t longest = limit < 64 ? 255 : static_cast<std::size_t>(limit);
    for (int attempt = 0; attempt < kAttempts && file_.number() < 0; ++attempt) {
      std::string name = temporary_name(target_.path.filename(), longest);
      constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
      // What replaces a file is nobody else's to read until it has that file's mode.
      file_ = Descriptor(openat(folder_.number(), name.c_str(), kFlags, target_.old ? 0600 : 0666));
      require(file_.number() >= 0 || errno == EEXIST, "create");
      if (file_.number() >= 0) {
        name_ = std::move(name);
      }
    }
    require(file_.number() >= 0, "create");
  }

  void keep_owner_and_mode(const struct stat& old) {
    const int file = file_.number();
    mode_t mode = old.st_mode & 07777;
    struct stat now {};
    require(fstat(file, &now) == 0, "examine");
    const bool is_another = now.st_uid != old.st_uid || now.st_gid != old.st_gid;
    constexpr auto kUnchanged = static_cast<uid_t>(-1);
    if (is_another && fchown(file, old.st_uid, old.st_gid) != 0) {
      mode &= 0777;
      if (now.st_gid != old.st_gid && fchown(file, kUnchanged, old.st_gid) != 0) {
        mode = (mode & 0700) | (mode & mode << 3 & 0070) | (mode & 0007);
      }
    }
    require(fchmod(file, mode) == 0, "set the mode of");
  }

  static bool flush(const Descriptor& file) {
    int result = 0;
    do {
#ifdef F_FULLFSYNC  // macOS, where fsync leaves what it writes in the disk's own memory
      result = fcntl(file.number(), F_FULLFSYNC);
#else
      result = fsync(file.number());
#endif
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }

  void remove() noexcept {
    if (!name_.empty()) {
      unlinkat(folder_.number(), name_.c_str(), 0);
      name_.clear();
    }
  }

  /// To be called right after the system call, while errno is its.
  void require(bool ok, const char* action) {
    if (!ok) [[unlikely]] {
      const int reason = errno;
      remove();  // a constructor that throws has no destructor
      fail_to(action, path_, target_.old.has_value(), reason);
    }
  }

  fs::path path_;
  Target target_;
  Descriptor folder_, file_;
  std::string name_;  // of the temporary file, while there is one
};

}  // namespace

void write_file_atomically(const fs::path& path, const std::function<void(FileWriter&)>& produce) {
  TemporaryFile file(path);
  produce(file);
  file.commit();
}

void write_file_atomically(const fs::path& path, std::string_view contents) {
  write_file_atomically(path, [&](FileWriter& file) { file.write(contents); });
}

}  // namespace gibbs::io
