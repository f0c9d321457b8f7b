// What a path leads to, in words, for messages of readers and writers.
#pragma once

#include <sys/stat.h>

namespace gibbs::io {

/// "a file", "a folder", "a named pipe", "a socket", "a character device" or "a block device", from a stat's st_mode.
inline const char* kind_of_file(mode_t mode) {
  return S_ISREG(mode)    ? "a file"
         : S_ISDIR(mode)  ? "a folder"
         : S_ISFIFO(mode) ? "a named pipe"
         : S_ISSOCK(mode) ? "a socket"
         : S_ISCHR(mode)  ? "a character device"
                          : "a block device";
}

}  // namespace gibbs::io
