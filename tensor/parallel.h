// Parallelism's one door: a loop over a fixed partition, and a reduction over one, combined in a fixed order.
//
// The partition depends on the range and the grain, never on the number of threads, so results are the same bits on any
// number of threads. Bodies call kernels only; a loop inside a loop runs inline. oneTBB does the work (std::thread
// under ThreadSanitizer); nothing else in the project knows it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

namespace gibbs {

/// Threads that loops may use from now on: at least 1. The default is the number of processors of this process.
/// Error, with nothing changed: "threads: the system lets this process have 40 of the 512 that it asks for ...". Of the
/// default number the first loop says so.
void set_num_threads(int threads);
int num_threads();

/// True inside the body of a parallel_for.
bool in_parallel_region();

/// Calls body(first, last) on consecutive pieces of [begin, end), each of `grain` elements but for the last.
/// The first exception thrown by a body is rethrown here.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t first, std::int64_t last)>& body);

/// combine(... combine(map(piece 0), map(piece 1)) ...): pieces as in parallel_for, combined pairwise in a tree whose
/// form depends on their number alone. An empty range gives `identity`.
template <class T, class Map, class Combine>
T parallel_reduce(std::int64_t begin, std::int64_t end, std::int64_t grain, T identity, Map map, Combine combine) {
  if (end <= begin) {
    return identity;
  }
  static_assert(!std::is_same_v<T, bool>, "neighbours in a std::vector<bool> cannot be written by two threads");
  grain = std::clamp<std::int64_t>(grain, 1, end - begin);
  std::vector<T> partial(static_cast<std::size_t>((end - begin - 1) / grain + 1), identity);
  parallel_for(begin, end, grain, [&](std::int64_t first, std::int64_t last) {
    partial[static_cast<std::size_t>((first - begin) / grain)] = map(first, last);
  });
  for (std::size_t stride = 1; stride < partial.size(); stride *= 2) {
    for (std::size_t i = 0; i + stride < partial.size(); i += 2 * stride) {
      partial[i] = combine(partial[i], partial[i + stride]);
    }
  }
  return partial[0];
}

}  // namespace gibbs
