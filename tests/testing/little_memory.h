// What code does when the system gives it no more memory or threads: run in a process of its own, which may not grow.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>

#include "gibbs/tensor/storage.h"

namespace gibbs::testing {

/// Lets this process's address space grow by `bytes`, and no further.
inline void limit_growth(rlim_t bytes) {
  memory::release_cached();
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes;
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  setrlimit(RLIMIT_AS, &limit);
}

/// Runs `action` with room for `bytes` more, prints what it throws on standard error, and ends the process: with exit
/// code 2 after an exception, else 0. For EXPECT_EXIT.
template <class Action>
[[noreturn]] void run_with_little_memory(rlim_t bytes, Action action) {
  limit_growth(bytes);
  try {
    action();
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    std::_Exit(2);
  }
  std::_Exit(0);
}

}  // namespace gibbs::testing

// Sanitizers need more address space than such tests leave.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GIBBS_CAN_LIMIT_MEMORY 1
#endif
