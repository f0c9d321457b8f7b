// For death tests: a process that may take only so much more memory than it has.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "gibbs/tensor/storage.h"

namespace gibbs::testing {

/// Not under sanitizers, which need more address space than any limit leaves.
inline void allow_more_memory(std::int64_t bytes) {
  memory::release_cached();
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const auto most = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + bytes);
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  setrlimit(RLIMIT_AS, &limit);
}

}  // namespace gibbs::testing
