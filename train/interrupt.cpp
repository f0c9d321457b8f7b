#include "gibbs/train/interrupt.h"

#include <csignal>

namespace gibbs::train {
namespace {

volatile std::sig_atomic_t signal_arrived = 0;
struct sigaction before_int, before_term;  // NOLINT: sigaction is also a function

void on_signal(int /*signal*/) { signal_arrived = 1; }

}  // namespace

InterruptScope::InterruptScope() {
  signal_arrived = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // the second signal meets the default action
  sigaction(SIGINT, &action, &before_int);
  sigaction(SIGTERM, &action, &before_term);
}

InterruptScope::~InterruptScope() {
  sigaction(SIGINT, &before_int, nullptr);
  sigaction(SIGTERM, &before_term, nullptr);
}

bool InterruptScope::requested() { return signal_arrived != 0; }

}  // namespace gibbs::train
