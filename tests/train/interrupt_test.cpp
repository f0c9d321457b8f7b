#include "gibbs/train/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace gibbs::train {
namespace {

TEST(Interrupt, TheFirstSignalOnlySetsAFlag) {
  const InterruptScope scope;
  EXPECT_FALSE(InterruptScope::requested());
  std::raise(SIGINT);
  EXPECT_TRUE(InterruptScope::requested());
}

TEST(Interrupt, ANewScopeForgetsTheOldSignal) {
  {
    const InterruptScope scope;
    std::raise(SIGTERM);
  }
  const InterruptScope scope;
  EXPECT_FALSE(InterruptScope::requested());
}

TEST(InterruptDeathTest, TheSecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        const InterruptScope scope;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace gibbs::train
