// What stands around the work of every program: whatever goes wrong ends as a sentence and an exit code.
//
//   0        done
//   1        a claim does not hold
//   2        wrong arguments, an error, or output that could not be written
//   128 + n  signal n asked for the end, and the work was saved
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gibbs::examples {

/// Runs `work`, whose result is the exit code. An exception becomes a message on standard error and exit code 2; so
/// does standard output that cannot be written (a full disk), which is no success. A reader that has gone (head) needs
/// no message: the exit code is that of SIGPIPE.
int guarded(const std::function<int()>& work);

/// Writes "error: MESSAGE" to standard error.
void report_error(std::string_view message);

/// A message whose parts may be text of others: printable (tensor/printable.h), and only those line ends stay that the
/// library's own messages make, before two blanks.
std::string for_terminal(std::string_view message);

}  // namespace gibbs::examples
