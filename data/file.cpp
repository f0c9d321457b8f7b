#include "gibbs/data/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gibbs/tensor/error.h"

namespace gibbs::data {
namespace {

/// An open file that closes itself.
class InputFile {
 public:
  explicit InputFile(const char* path) : descriptor_(open(path, O_RDONLY | O_CLOEXEC)) {
    check(descriptor_ >= 0, "read: cannot open ", path, ": ", std::strerror(errno));
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() { close(descriptor_); }

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes) {
  const InputFile file(path.c_str());
  struct stat status {};
  check(fstat(file.descriptor(), &status) == 0, "read: cannot examine ", path.string(), ": ", std::strerror(errno));
  check(!S_ISDIR(status.st_mode), "read: ", path.string(), " is a folder, not a file");
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file.descriptor(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    check(count >= 0, "read: cannot read ", path.string(), ": ", std::strerror(errno));
    if (count == 0) {
      break;  // the file shrank meanwhile
    }
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
}

}  // namespace gibbs::data
