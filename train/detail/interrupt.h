// Ctrl-C as a request: the running step is finished and saved before the program ends.
#pragma once

namespace gibbs::train {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP (the terminal is gone) only sets a flag; the second, whichever
/// of them, ends the program at once, as it would have without the scope. A signal that was ignored when the scope
/// began (nohup ignores SIGHUP) stays ignored. One scope at a time.
class InterruptScope {
 public:
  InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

  /// Whether a signal has arrived since the scope began.
  static bool requested() { return signal() != 0; }
  /// Which one; 0: none.
  static int signal();
};

}  // namespace gibbs::train
