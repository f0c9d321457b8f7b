// The loop that every optimizer runs: one pass over the elements of a parameter, in parallel over a fixed partition.
// For the .cpp files of this folder.
#pragma once

#include <cstdint>
#include <functional>

#include "gibbs/tensor/parallel.h"

namespace gibbs::optim {

/// Elements per piece: large enough to be worth a task, small enough that its operands stay in L2.
inline constexpr std::int64_t kGrain = 16384;

/// Calls body(first, last) on pieces of [0, n). The body is passed by reference: a std::function of a lambda with many
/// captures would allocate at every step.
template <class Body>
void for_pieces(std::int64_t n, const Body& body) {
  parallel_for(0, n, kGrain, std::cref(body));
}

}  // namespace gibbs::optim
