#include "examples/program/guarded.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "examples/program/before_main.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::examples {
namespace {

constexpr int kFailed = 2;

#ifdef __linux__
[[gnu::section(".preinit_array"), gnu::used]] void (*const kBeforeLibraries)(int, char**, char**) = before_libraries;
#endif

/// Files that are opened later must not take the numbers of standard streams: what is printed would go into them.
/// Output that was closed is opened for reading, so that printing to it fails and is noticed.
void open_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      const int opened =
          open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);  // the lowest free number
      static_cast<void>(opened);
    }
  }
}

void set_signals() {
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the size limit is then an error like a full disk
  std::signal(SIGCHLD, SIG_DFL);  // where it was ignored, the exit code of gnuplot would be lost
}

/// In exit(), OpenBLAS waits for its threads, and where memory is short they wait for memory, for ever. So the program
/// ends before their turn comes, when everything that was printed is written.
void end_before_openblas_waits() {
#ifdef __linux__  // elsewhere an exit code cannot be known before the end
  on_exit(
      [](int code, void* /*unused*/) {
        std::fflush(nullptr);
        std::_Exit(code);
      },
      nullptr);
#endif
}

bool reader_has_gone() {
  pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

/// The exit code after everything that was printed has been written, or could not be; `reason` is an errno, 0: unknown.
int finish_output(int code, int reason) {
  if (std::fflush(stdout) != 0) {
    reason = errno;
  } else if (std::ferror(stdout) == 0) {
    return code;
  }
  if (reason == EPIPE || reader_has_gone()) {
    return code == 0 ? 128 + SIGPIPE : code;
  }
  report_error(reason != 0 ? fmt::format("cannot write to standard output: {}", std::strerror(reason))
                           : "cannot write to standard output: a part of what was printed is missing");
  return code == 0 ? kFailed : code;
}

}  // namespace

int guarded(const std::function<int()>& work) {
  open_standard_streams();
  set_signals();
  end_before_openblas_waits();
  int code = kFailed, output_error = 0;
  try {
    code = work();
  } catch (const std::filesystem::filesystem_error& error) {
    report_error(fmt::format("{}: {}", error.path1().string(), error.code().message()));
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) {  // thrown by a print: finish_output judges
      code = 0;
      output_error = error.code().value();
    } else {
      report_error(error.what());
    }
  } catch (const std::bad_alloc&) {
    report_error("there is not enough memory; give the program more, or less to do");
  } catch (const std::exception& error) {
    report_error(error.what());
  }
  return finish_output(code, output_error);
}

void report_error(std::string_view message) {
  // Not by fmt::print, which throws when standard error is full.
  std::fputs(fmt::format("error: {}\n", for_terminal(message)).c_str(), stderr);
}

std::string for_terminal(std::string_view message) {
  std::string shown;
  while (true) {
    const std::size_t end = message.find("\n  ");
    shown += printable(message.substr(0, end));
    if (end == std::string_view::npos) {
      return shown;
    }
    shown += '\n';
    message.remove_prefix(end + 1);
  }
}

}  // namespace gibbs::examples
