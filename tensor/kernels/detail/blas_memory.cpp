#include "gibbs/tensor/kernels/detail/blas_memory.h"

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <mutex>

#include "gibbs/tensor/error.h"

namespace gibbs::kernels {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;
constexpr std::size_t kBuffer = 128 * kMegabyte;  // OpenBLAS' BUFFER_SIZE on x86-64; elsewhere it is smaller

std::atomic<int> running{0};       // calls
std::atomic<int> most_running{0};  // at any time so far: as many buffers OpenBLAS has
std::mutex growing;

/// Whether the system would give OpenBLAS another buffer: it is asked for it, and for as much again, since a thread
/// that begins meanwhile reserves as much for its heap. All is given back at once.
bool has_room() {
  constexpr std::size_t kBytes = 2 * kBuffer;
  void* buffer = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return buffer != MAP_FAILED && munmap(buffer, kBytes) == 0;
}

}  // namespace

BlasCall::BlasCall() {
  const int calls = ++running;
  if (calls <= most_running) {
    return;
  }
  const std::lock_guard lock(growing);
  if (calls > most_running) {
    if (!has_room()) {
      --running;
      fail("gemm: OpenBLAS needs ", kBuffer / kMegabyte, " MB of memory for each thread, and the system has none for ",
           calls == 1 ? "the first" : "another", "; use fewer threads, or raise the limit (ulimit -v)");
    }
    most_running = calls;
  }
}

BlasCall::~BlasCall() { --running; }

}  // namespace gibbs::kernels
