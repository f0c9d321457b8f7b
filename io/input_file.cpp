#include "gibbs/io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "gibbs/io/detail/file_kind.h"
#include "gibbs/tensor/error.h"

namespace gibbs::io {
namespace {

template <class Bytes>
void read_all(const std::filesystem::path& path, Bytes& bytes, std::int64_t largest) {
  const InputFile file(path);
  check(file.size() <= largest, "read: ", path.string(), " has ", file.size(), " bytes, more than the limit of ",
        largest);
  try {
    bytes.resize(static_cast<std::size_t>(file.size()));
  } catch (const std::bad_alloc&) {
    fail("read: no memory for the ", file.size(), " bytes of ", path.string());
  }
  bytes.resize(static_cast<std::size_t>(file.read(0, file.size(), bytes.data())));
}

}  // namespace

InputFile::InputFile(std::filesystem::path path)
    : path_(std::move(path)),
      // Without O_NONBLOCK, opening a named pipe waits until somebody writes to it. Reading regular files it changes
      // not.
      descriptor_(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
  check(descriptor_ >= 0, "read: cannot open ", path_.string(), ": ", std::strerror(errno));
  struct stat status {};
  const bool examined = fstat(descriptor_, &status) == 0;
  const int reason = errno;
  if (!examined || !S_ISREG(status.st_mode)) {
    close(descriptor_);
  }
  check(examined, "read: cannot examine ", path_.string(), ": ", std::strerror(reason));
  check(S_ISREG(status.st_mode), "read: ", path_.string(), " is ", kind_of_file(status.st_mode), ", not a file");
  size_ = status.st_size;
}

InputFile::~InputFile() { close(descriptor_); }

std::int64_t InputFile::read(std::int64_t offset, std::int64_t count, void* bytes) const {
  std::int64_t done = 0;
  while (done < count) {
    const ssize_t got =
        pread(descriptor_, static_cast<char*>(bytes) + done, static_cast<std::size_t>(count - done), offset + done);
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

void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes, std::int64_t largest) {
  read_all(path, bytes, largest);
}

std::string read_text_file(const std::filesystem::path& path, std::int64_t largest) {
  std::string text;
  read_all(path, text, largest);
  return text;
}

}  // namespace gibbs::io
