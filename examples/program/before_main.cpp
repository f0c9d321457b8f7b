#include "examples/program/before_main.h"

#ifdef __linux__  // elsewhere there is no .preinit_array, and OpenBLAS has its memory
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace gibbs::examples {
namespace {

constexpr std::size_t kBuffer = std::size_t{129} << 20;  // OpenBLAS' BUFFER_SIZE on x86-64, and a little
constexpr const char* kThreads = "OPENBLAS_NUM_THREADS=";
char one_thread[] = "OPENBLAS_NUM_THREADS=1";
constexpr std::size_t kMostVariables = 4096;

bool address_space_is_limited() {
  rlimit limit{};
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

bool has_one_thread(char* const* environment) {
  while (*environment != nullptr && std::strcmp(*environment, one_thread) != 0) {
    ++environment;
  }
  return *environment != nullptr;
}

/// Starts the program again with OPENBLAS_NUM_THREADS=1. Returns where that cannot be done.
void restart_with_one_thread(char* const* arguments, char* const* environment) {
  static std::array<char*, kMostVariables> changed;
  std::size_t count = 0;
  for (; *environment != nullptr && count + 2 < kMostVariables; ++environment) {
    if (std::strncmp(*environment, kThreads, std::strlen(kThreads)) != 0) {
      changed[count++] = *environment;
    }
  }
  changed[count++] = one_thread;
  changed[count] = nullptr;
  const bool is_the_program = getauxval(AT_BASE) != 0;  // and not the dynamic linker, which was told to load it
  if (*environment == nullptr && is_the_program) {
    const auto* path = reinterpret_cast<const char*>(getauxval(AT_EXECFN));  // NOLINT: that is what the kernel gives
    execve(path, arguments, changed.data());
  }
}

bool has_room() {
  void* room = mmap(nullptr, kBuffer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return room != MAP_FAILED && munmap(room, kBuffer) == 0;
}

}  // namespace

void before_libraries(int /*count*/, char** arguments, char** environment) {
  if (!address_space_is_limited()) {
    return;
  }
  if (!has_one_thread(environment)) {
    restart_with_one_thread(arguments, environment);
  }
  if (!has_room()) {
    constexpr char kMessage[] =
        "error: OpenBLAS needs 128 MB of memory as it is loaded, and the system has none; raise the limit (ulimit "
        "-v)\n";
    const ssize_t written = write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    static_cast<void>(written);
    _exit(2);
  }
}

}  // namespace gibbs::examples
#endif
