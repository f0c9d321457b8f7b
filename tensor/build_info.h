// How this library was compiled. It may lie on a disk several times, each for other CPUs, and a program gets the one
// that the dynamic linker picks. So this is asked of the library at run time: a macro would tell about the program.
#pragma once

#include <string>

namespace gibbs {

struct BuildInfo {
  std::string instruction_set;  // what it needs of a CPU: x86-64, its level x86-64-v2, x86-64-v3 or x86-64-v4, or arm64
  int vector_bytes = 0;         // of the vectors it computes with
  bool fused = false;           // it multiplies and adds with one rounding (fma in kernels/simd/lanes.h)
  bool optimized = false;       // with optimization and without sanitizers
};

BuildInfo build_info();

}  // namespace gibbs
