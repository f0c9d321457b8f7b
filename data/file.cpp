#include "gibbs/data/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gibbs/tensor/error.h"

namespace gibbs::data {

InputFile::InputFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  check(descriptor_ >= 0, "read: cannot open ", path_.string(), ": ", std::strerror(errno));
  struct stat status {};
  const bool examined = fstat(descriptor_, &status) == 0;
  const int reason = errno;
  if (!examined || S_ISDIR(status.st_mode)) {
    close(descriptor_);
  }
  check(examined, "read: cannot examine ", path_.string(), ": ", std::strerror(reason));
  check(!S_ISDIR(status.st_mode), "read: ", path_.string(), " is a folder, not a file");
  size_ = status.st_size;
}

InputFile::~InputFile() { close(descriptor_); }

std::int64_t InputFile::read(std::int64_t offset, std::int64_t count, std::uint8_t* bytes) const {
  std::int64_t done = 0;
  while (done < count) {
    const ssize_t got = pread(descriptor_, bytes + done, static_cast<std::size_t>(count - done), offset + done);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    check(got >= 0, "read: cannot read ", path_.string(), ": ", std::strerror(errno));
    if (got == 0) {
      break;  // the file shrank meanwhile
    }
    done += got;
  }
  return done;
}

void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes) {
  const InputFile file(path);
  bytes.resize(static_cast<std::size_t>(file.size()));
  bytes.resize(static_cast<std::size_t>(file.read(0, file.size(), bytes.data())));
}

}  // namespace gibbs::data
