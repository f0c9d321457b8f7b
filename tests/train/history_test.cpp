#include "gibbs/train/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gibbs/tensor/atomic_file.h"
#include "gibbs/tensor/error.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(History, WritesOneLinePerEpochInFullPrecision) {
  const History history{{{1, 1.5, 0.25, 1.0 / 3, 0.5, 2.34567}, {2, 1.25, 0.5, kNaN, kNaN, 10}}};
  EXPECT_EQ(history.to_csv(),
            "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n"
            "1,1.5,0.25,0.3333333333333333,0.5,2.346\n"
            "2,1.25,0.5,,,10.000\n");
}

TEST(History, ReadsBackWhatItWrote) {
  const gibbs::testing::TemporaryFolder folder;
  const History history{{{1, 0.1 + 0.2, 0.25, 1.0 / 3, 0.5, 2}, {2, 1.25, 0.5, kNaN, kNaN, 10}}};
  history.write_csv(folder / "history.csv");
  const History again = read_history_csv(folder / "history.csv");
  ASSERT_EQ(again.epochs.size(), 2U);
  EXPECT_EQ(again.epochs[0].loss, 0.1 + 0.2);
  EXPECT_EQ(again.epochs[0].val_loss, 1.0 / 3);
  EXPECT_EQ(again.epochs[1].epoch, 2);
  EXPECT_TRUE(std::isnan(again.epochs[1].val_loss));
}

TEST(History, NamesLineAndColumnOfWhatItCannotRead) {
  const gibbs::testing::TemporaryFolder folder;
  const auto path = folder / "history.csv";
  const auto reading = [&](const char* text) {
    write_file_atomically(path, text);
    return [&] { read_history_csv(path); };
  };
  EXPECT_THAT(reading("epoch,loss\n"), ::testing::ThrowsMessage<Error>(
                                           ::testing::HasSubstr("line 1 is 'epoch,loss', expected 'epoch,loss,acc")));
  EXPECT_THAT(reading("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,2,x,4,5,6\n"),
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("line 2 column 3: 'x' is not a number")));
  EXPECT_THAT(reading("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,2\n"),
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("line 2 column 3: missing")));
}

}  // namespace
}  // namespace gibbs::train
