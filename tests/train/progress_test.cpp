#include "gibbs/train/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace gibbs::train {
namespace {

using ::testing::HasSubstr;

TEST(Progress, ALogGetsOneLinePerEpoch) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::lines, 25);
  progress.begin_epoch(3, 160);
  progress.step(1, 2, 0.1);
  progress.end_epoch({3, 1.5, 0.45, 1.4, 0.5, 8});
  EXPECT_EQ(
      out.str(),
      "Epoch 3/25 - 8.0s 50.0ms/step - loss: 1.5000 - accuracy: 0.4500 - val_loss: 1.4000 - val_accuracy: 0.5000\n");
}

TEST(Progress, WithoutValidationTheLineEndsEarlier) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::lines, 1);
  progress.begin_epoch(1, 10);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  progress.end_epoch({1, 1.5, 0.45, nan, nan, 1});
  EXPECT_EQ(out.str(), "Epoch 1/1 - 1.0s 100.0ms/step - loss: 1.5000 - accuracy: 0.4500\n");
}

TEST(Progress, ATerminalGetsABarThatEndsFull) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::bar, 2);
  progress.begin_epoch(1, 4);
  for (int step = 1; step <= 4; ++step) {
    progress.step(step, 1, 0.5);
  }
  progress.end_epoch({1, 1, 0.5, 1.25, 0.25, 2});
  EXPECT_THAT(out.str(), HasSubstr("Epoch 1/2\n"));
  EXPECT_THAT(out.str(), HasSubstr("\r4/4 [==============================] - ETA: 0s - loss: 1.0000"));
  EXPECT_THAT(out.str(), ::testing::EndsWith("val_loss: 1.2500 - val_accuracy: 0.2500   \n"));
}

TEST(Progress, SilentMeansSilent) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::silent, 1);
  progress.begin_epoch(1, 1);
  progress.step(1, 1, 1);
  progress.end_epoch({1, 1, 1, 1, 1, 1});
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace gibbs::train
