#include "gibbs/train/detail/interrupt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

namespace gibbs::train {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

TEST(Interrupt, TheFirstSignalOnlySetsAFlag) {
  for (int signal : kSignals) {
    const InterruptScope scope;
    EXPECT_FALSE(InterruptScope::requested());
    std::raise(signal);
    EXPECT_TRUE(InterruptScope::requested());
    EXPECT_EQ(InterruptScope::signal(), signal);
  }
}

TEST(Interrupt, ANewScopeForgetsTheOldSignal) {
  {
    const InterruptScope scope;
    std::raise(SIGTERM);
  }
  const InterruptScope scope;
  EXPECT_FALSE(InterruptScope::requested());
}

TEST(Interrupt, WhatWasIgnoredStaysIgnored) {
  for (int signal : kSignals) {
    const auto before = std::signal(signal, SIG_IGN);
    {
      const InterruptScope scope;
      std::raise(signal);
      EXPECT_FALSE(InterruptScope::requested());
    }
    EXPECT_EQ(std::signal(signal, before), SIG_IGN);
  }
}

volatile std::sig_atomic_t own_handler_ran = 0;

TEST(Interrupt, TheProgramsOwnHandlersComeBack) {
  const auto before = std::signal(SIGTERM, [](int /*signal*/) { own_handler_ran = 1; });
  {
    const InterruptScope scope;
    std::raise(SIGTERM);
    EXPECT_EQ(own_handler_ran, 0);
  }
  std::raise(SIGTERM);
  EXPECT_EQ(own_handler_ran, 1);
  std::signal(SIGTERM, before);
}

TEST(InterruptDeathTest, TheSecondSignalEndsTheProgramWhicheverItIs) {
  for (int first : kSignals) {
    for (int second : kSignals) {
      EXPECT_EXIT(
          {
            const InterruptScope scope;
            std::raise(first);
            std::raise(second);
          },
          ::testing::KilledBySignal(second), "");
    }
  }
}

TEST(InterruptDeathTest, TheSecondSignalEndsAProgramThatNeverLooks) {
  EXPECT_EXIT(
      {
        const InterruptScope scope;
        std::thread([] {
          kill(getpid(), SIGTERM);
          while (!InterruptScope::requested()) {
          }
          kill(getpid(), SIGTERM);
        }).detach();
        for (;;) {
          pause();
        }
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace gibbs::train
