// Asking for memory before it is needed, where a CPU does not see by itself what comes next, or not early enough.
#pragma once

#include <algorithm>
#include <cstdint>

namespace gibbs::kernels {

/// Asks for x[0] ... x[n - 1], which need not exist; at most a page of them.
template <bool to_write, class T>
void prefetch(const T* x, std::int64_t n) {
  constexpr std::int64_t line = 64 / sizeof(T), page = 4096 / sizeof(T);
  for (std::int64_t i = 0; i < std::min(n, page); i += line) {
    __builtin_prefetch(x + i, to_write);
  }
}

}  // namespace gibbs::kernels
