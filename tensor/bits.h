// Whether results have the same bits on this machine only, or on every machine.
//
// On one machine they are always the same, on any number of threads. Between machines one thing differs, and this mode
// switches it: in `portable` all matrix products are the library's own (kernels/gemm/own.h), in `machine` OpenBLAS
// takes those that it is faster at. Everything else is portable in both, but for a few measures: docs/portable_bits.md
// says which, and how.
#pragma once

#include <string_view>

namespace gibbs {

enum class Bits { machine, portable };

/// For everything from now on; before the first call it is what the environment variable GIBBS_BITS says, machine or
/// portable. Error: portable in a library compiled for CPUs without fused multiply-adds, such as plain x86-64.
void set_bits(Bits bits);
/// Error: GIBBS_BITS is something else.
Bits bits();

/// "machine" or "portable".
std::string_view name_of(Bits bits);

}  // namespace gibbs
