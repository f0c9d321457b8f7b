// Ctrl-C as a request: the running step is finished and saved before the program ends.
#pragma once

namespace gibbs::train {

/// While it lives, the first SIGINT or SIGTERM only sets a flag; the second ends the program as usual. One at a time.
class InterruptScope {
 public:
  InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

  /// Whether a signal has arrived since the scope began.
  static bool requested();
};

}  // namespace gibbs::train
