// Allocations, counted: what an algorithm's work is measured with where a clock would measure the machine.
#pragma once

#include <cstdint>

namespace gibbs::testing {

/// Calls of operator new by this thread so far, in the whole test program.
std::int64_t allocations();

}  // namespace gibbs::testing
