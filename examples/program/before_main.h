// What must be done before main, and before any library's own start.
//
// As it is loaded, OpenBLAS takes a buffer of 128 MB for each thread that it starts, and where the address space is
// limited (ulimit -v) and has no room, it asks again for ever: a program waits before its main. gibbs makes all calls
// of OpenBLAS with one thread anyway. So under such a limit the program is started once more with
// OPENBLAS_NUM_THREADS=1, and ends with a sentence where there is no room for one buffer.
#pragma once

namespace gibbs::examples {

/// Called by the dynamic linker, through the section .preinit_array, on Linux. No C++ runtime is ready: system calls
/// only.
void before_libraries(int count, char** arguments, char** environment);

}  // namespace gibbs::examples
