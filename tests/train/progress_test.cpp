#include "gibbs/train/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>

#include "tests/testing/epoch_result.h"

namespace gibbs::train {
namespace {

TEST(Progress, ALogGetsOneLinePerEpoch) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::lines, 25);
  progress.begin_epoch(3, 160);
  progress.step(1, {{"loss", 2}, {"accuracy", 0.1}});
  progress.end_epoch(gibbs::testing::epoch_result(3, 1.5, 0.45, 1.4, 0.5, 8));
  EXPECT_EQ(
      out.str(),
      "Epoch 3/25 - 8.0s 50.0ms/step - loss: 1.5000 - accuracy: 0.4500 - val_loss: 1.4000 - val_accuracy: 0.5000\n");
}

TEST(Progress, WithoutValidationTheLineEndsEarlier) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::lines, 1);
  progress.begin_epoch(1, 10);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  progress.end_epoch(gibbs::testing::epoch_result(1, 1.5, 0.45, nan, nan, 1));
  EXPECT_EQ(out.str(), "Epoch 1/1 - 1.0s 100.0ms/step - loss: 1.5000 - accuracy: 0.4500\n");
}

/// While it lives, terminals whose width is unknown count as so wide.
class Columns {
 public:
  explicit Columns(const char* columns) : before_(std::getenv("COLUMNS") == nullptr ? "" : std::getenv("COLUMNS")) {
    setenv("COLUMNS", columns, 1);
  }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;
  ~Columns() { setenv("COLUMNS", before_.c_str(), 1); }

 private:
  std::string before_;
};

/// What one epoch of `steps` steps, each drawn, leaves on a terminal: the last line that was drawn, and all below.
std::string drawn(const char* columns, std::int64_t steps, const EpochResult& result) {
  const Columns width(columns);
  std::ostringstream out;
  Progress progress(out, ProgressStyle::bar, 2);
  progress.begin_epoch(1, steps);
  progress.step(steps, {{"loss", 1}, {"accuracy", 0.5}});
  progress.end_epoch(result);
  return out.str();
}

const EpochResult kResult = gibbs::testing::epoch_result(1, 1, 0.5, 1.25, 0.25, 2);

TEST(Progress, AWideTerminalGetsABarThatEndsFull) {
  EXPECT_EQ(drawn("120", 4, kResult),
            "Epoch 1/2\n"
            "\r4/4 [==============================] - ETA: 0s - loss: 1.0000 - accuracy: 0.5000"
            "\r4/4 [=================] - 2.0s 500.0ms/step - loss: 1.0000 - accuracy: 0.5000 - val_loss: "
            "1.2500 - val_accuracy: 0.2500\n");
}

TEST(Progress, TheBarShrinksFirst) {
  EXPECT_EQ(drawn("80", 13, kResult),
            "Epoch 1/2\n"
            "\r13/13 [===========================] - ETA: 0s - loss: 1.0000 - accuracy: 0.5000"
            "\r13/13 [==============================] - 2.0s 153.8ms/step                     \n"
            "  loss: 1.0000 - accuracy: 0.5000 - val_loss: 1.2500 - val_accuracy: 0.2500\n");
}

TEST(Progress, ThenPartsAreLeftOutUntilTheEpochEnds) {
  EXPECT_EQ(drawn("40", 13, kResult),
            "Epoch 1/2\n"
            "\r13/13 - ETA: 0s - loss: 1.0000"
            "\r13/13 [===========] - 2.0s 153.8ms/step\n"
            "  loss: 1.0000 - accuracy: 0.5000\n"
            "  val_loss: 1.2500\n"
            "  val_accuracy: 0.2500\n");
}

TEST(Progress, NoRedrawIsAsWideAsTheTerminal) {
  for (int columns = 1; columns <= 130; ++columns) {
    const Columns width(std::to_string(columns).c_str());
    std::ostringstream out;
    Progress progress(out, ProgressStyle::bar, 2);
    progress.begin_epoch(1, 1'000'000'000);
    progress.step(1'000'000'000, {{"loss", 1e30}, {"accuracy", 0.5}});
    const std::string text = out.str().substr(std::string("Epoch 1/2\n").size());
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_LT(text.size() - std::string("\r").size(), static_cast<std::size_t>(columns));
  }
}

TEST(Progress, ColumnsThatAreNoNumberAreTheUsual80) {
  for (const char* columns : {"", "0", "-3", "many", "99999999999", "40 "}) {
    EXPECT_EQ(drawn(columns, 13, kResult), drawn("80", 13, kResult)) << columns;
  }
}

TEST(Progress, SilentMeansSilent) {
  std::ostringstream out;
  Progress progress(out, ProgressStyle::silent, 1);
  progress.begin_epoch(1, 1);
  progress.step(1, {{"loss", 1}});
  progress.end_epoch(kResult);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace gibbs::train
