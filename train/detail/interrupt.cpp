#include "gibbs/train/detail/interrupt.h"

#include <array>
#include <csignal>
#include <cstddef>

namespace gibbs::train {
namespace {

using Action = struct sigaction;  // NOLINT: sigaction is also a function

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t signal_arrived = 0;
std::array<Action, kSignals.size()> before;

bool is_ignored(const Action& action) { return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN; }

/// Hands all signals that were taken to `action`, which may be the one of before.
template <class ActionOf>
void set_actions(ActionOf action_of) {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (!is_ignored(before[i])) {
      sigaction(kSignals[i], action_of(i), nullptr);
    }
  }
}

/// The flag comes last: whoever sees it and sends a second signal meets the usual action.
void on_signal(int signal) {
  Action usual{};
  usual.sa_handler = SIG_DFL;
  set_actions([&](std::size_t) { return &usual; });
  signal_arrived = signal;
}

}  // namespace

InterruptScope::InterruptScope() {
  signal_arrived = 0;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
  }
  Action action{};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);  // of two equal signals only one is taken, ever
  for (int other : kSignals) {
    sigaddset(&action.sa_mask, other);
  }
  set_actions([&](std::size_t) { return &action; });
}

InterruptScope::~InterruptScope() {
  set_actions([](std::size_t i) { return &before[i]; });
}

int InterruptScope::signal() { return signal_arrived; }

}  // namespace gibbs::train
