// What the system says of the CPU: the only place of the programs that knows how each system is asked.
#pragma once

#include <string>

namespace gibbs::examples {

struct Cpu {
  std::string name;      // of the model
  std::string level;     // of its instruction set: x86-64, or x86-64-v2 to x86-64-v4, or arm64
  int vector_bytes = 0;  // of the widest vectors that the library could use
};

Cpu this_cpu();

/// Processors that this process may run on.
int usable_processors();

}  // namespace gibbs::examples
