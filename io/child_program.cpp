#include "gibbs/io/child_program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "gibbs/tensor/error.h"

#ifdef __APPLE__
#include <crt_externs.h>
#define environ (*_NSGetEnviron())  // NOLINT: a shared library has no other way there
#else
extern char** environ;  // NOLINT: POSIX declares it nowhere
#endif

namespace gibbs::io {
namespace {

/// A new file without a name; -1 with the reason in errno.
int open_nameless() {
#ifdef __linux__
  return memfd_create("gibbs", MFD_CLOEXEC);
#else
  char name[] = "/tmp/gibbs.XXXXXX";
  const int descriptor = mkstemp(name);
  if (descriptor >= 0) {
    unlink(name);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
  return descriptor;
#endif
}

/// A file without a name, where possible in memory. Unlike a pipe it holds everything at once, so that nobody waits for
/// a reader.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& program) : program_(program), descriptor_(open_nameless()) {
    require(descriptor_ >= 0);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }

  int descriptor() const { return descriptor_; }

  /// Leaves the place of reading at the beginning.
  void fill(std::string_view text) const {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t written =
          pwrite(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(done));  // NOLINT: in bounds
      require(written > 0 || errno == EINTR);
      done += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
  }

  std::string contents() const {
    struct stat status {};
    require(fstat(descriptor_, &status) == 0);
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t got = pread(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(done));
      require(got >= 0 || errno == EINTR);
      if (got == 0) {
        text.resize(done);
      }
      done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    return text;
  }

 private:
  void require(bool ok) const {
    if (!ok) {
      const int reason = errno;
      fail(program_, ": cannot be started: ", std::strerror(reason));
    }
  }

  const std::string& program_;
  int descriptor_;
};

/// Which descriptor of this process becomes standard input, output and error of the child.
class Redirections {
 public:
  Redirections() { posix_spawn_file_actions_init(&actions_); }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;
  ~Redirections() { posix_spawn_file_actions_destroy(&actions_); }

  void add(const MemoryFile& file, int standard) {
    posix_spawn_file_actions_adddup2(&actions_, file.descriptor(), standard);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

int exit_code_of(pid_t child, const std::string& program) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    const int reason = errno;
    check(reason == EINTR, program, ": how it ended is unknown: ", std::strerror(reason));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string ChildOutcome::complaint() const {
  constexpr const char* kBlank = " \t\r\n";
  const std::size_t begin = std::min(messages.find_first_not_of(kBlank), messages.size());
  std::string text;
  for (char c : messages.substr(begin, messages.find_last_not_of(kBlank) + 1 - begin)) {
    text += c == '\n' ? std::string("\n  ") : std::string(1, c);
  }
  return text;
}

ChildOutcome run_child_program(const std::vector<std::string>& arguments, std::string_view input) {
  check(!arguments.empty(), "run_child_program: needs the name of a program");
  const std::string& program = arguments.front();
  const MemoryFile in(program), out(program), messages(program);
  in.fill(input);
  Redirections redirections;
  redirections.add(in, STDIN_FILENO);
  redirections.add(out, STDOUT_FILENO);
  redirections.add(messages, STDERR_FILENO);

  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int reason = posix_spawnp(&child, pointers.front(), redirections.get(), nullptr, pointers.data(), environ);
  if (reason == ENOENT || reason == ENOTDIR || reason == EACCES) {
    return {};
  }
  check(reason == 0, program, ": cannot be started: ", std::strerror(reason));
  const int exit_code = exit_code_of(child, program);
  return {.found = true, .exit_code = exit_code, .output = out.contents(), .messages = messages.contents()};
}

}  // namespace gibbs::io
