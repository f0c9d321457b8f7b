// Loaded into a program by LD_PRELOAD: "while a checkpoint is written", without a clock and without luck. The program
// gets a signal when it is about to flush, for the nth time, a file of more than a megabyte, which is written in full
// and does not have its name yet. GIBBS_SIGNAL holds the signal's number and n.
#include <dlfcn.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

bool is_large(int file) {
  struct stat status {};
  return fstat(file, &status) == 0 && status.st_size > 1'000'000;
}

}  // namespace

extern "C" int fsync(int file) {
  static int large_files = 0;
  int number = 0, count = 0;
  const char* wish = std::getenv("GIBBS_SIGNAL");
  if (is_large(file) && wish != nullptr && std::sscanf(wish, "%d %d", &number, &count) == 2 && ++large_files == count) {
    std::raise(number);
  }
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fsync"))(file);
}
