// What a machine can do, what this build makes of it, and why a run may be slow. The program `doctor` prints it.
#pragma once

#include <string>
#include <vector>

#include "gibbs/tensor/build_info.h"

namespace gibbs::examples {

/// What is known without measuring.
struct Machine {
  std::string cpu;           // the model's name
  int processors = 0;        // of the machine
  int usable = 0;            // those this process may run on
  double quota = 0;          // processors' worth of time that a container allows; 0: no limit
  double load = 0;           // load average of the last minute
  std::string level;         // of the instruction set that the CPU has: x86-64 (-v2, -v3, -v4), or arm64
  int vector_bytes = 0;      // of the widest vectors the CPU has
  BuildInfo library;         // the library that is loaded
  bool fusion = true;        // Sequential may fuse layers
  int threads = 0;           // that loops use
  std::string gemm;          // who multiplies matrices, and why, in words
  bool uses_blas = true;     // OpenBLAS multiplies some matrices, or all
  std::string blas_core;     // the kernel set OpenBLAS picked; empty without OpenBLAS
  int blas_bytes = 0;        // of the vectors of these kernels; 0: not known
  std::string blas_request;  // the environment variable OPENBLAS_CORETYPE
};

/// Figures of this machine at this moment.
struct Measured {
  double memory_one = 0, memory_all = 0;  // GB/s read and written, one thread and all
  double peak_one = 0, peak_all = 0;      // GFLOP/s of multiply-adds in registers (yardstick.h)
  double sgemm_one = 0, sgemm_all = 0;    // GFLOP/s of a product of 2048 x 2048 float32 matrices
  double sgemm_spread = 1;                // slowest over fastest of the products on all threads
  double step_ms = 0;                     // the article's training step, 250 images, median
  double ideal_ms = 0;                    // what it would take at the peak of arithmetic or of memory, the longer time
  double efficiency = 0;                  // ideal_ms over step_ms
};

Machine look_at_machine();

/// "own where it is faster, else OpenBLAS (kernels for Haswell), as OPENBLAS_CORETYPE asks".
std::string describe_products(const Machine& machine);

/// Takes a few seconds. Sets the number of threads to 1 for a while.
Measured measure();

/// Reasons why runs may be slow, each with its repair; empty when nothing is wrong.
std::vector<std::string> findings(const Machine& machine, const Measured& measured);

}  // namespace gibbs::examples
