#include "gibbs/train/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <limits>

#include "gibbs/io/atomic_file.h"
#include "gibbs/tensor/error.h"
#include "tests/testing/epoch_result.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::epoch_result;
using gibbs::testing::error_of;

const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(History, WritesOneLinePerEpochInFullPrecision) {
  const History history{
      {epoch_result(1, 1.5, 0.25, 1.0 / 3, 0.5, 2.34567), epoch_result(2, 1.25, 0.5, kNaN, kNaN, 10)}};
  EXPECT_EQ(history.to_csv(),
            "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n"
            "1,1.5,0.25,0.3333333333333333,0.5,2.346\n"
            "2,1.25,0.5,,,10.000\n");
}

TEST(History, ReadsBackWhatItWrote) {
  const gibbs::testing::TemporaryFolder folder;
  const History history{
      {epoch_result(1, 0.1 + 0.2, 0.25, 1.0 / 3, 0.5, 2), epoch_result(2, 1.25, 0.5, kNaN, kNaN, 10)}};
  history.write_csv(folder / "history.csv");
  const History again = read_history_csv(folder / "history.csv");
  ASSERT_EQ(again.epochs.size(), 2U);
  EXPECT_EQ(again.epochs[0]["loss"], 0.1 + 0.2);
  EXPECT_EQ(again.epochs[0]["val_loss"], 1.0 / 3);
  EXPECT_EQ(again.epochs[1].epoch, 2);
  EXPECT_TRUE(std::isnan(again.epochs[1]["val_loss"]));
}

TEST(History, HasAColumnForEveryNumberThatThereIs) {
  const gibbs::testing::TemporaryFolder folder;
  const History history{{{.epoch = 1, .numbers = {{"loss", 2}, {"auc", 0.5}}, .seconds = 3}}};
  EXPECT_EQ(history.to_csv(), "epoch,loss,auc,seconds\n1,2,0.5,3.000\n");
  history.write_csv(folder / "history.csv");
  const EpochResult again = read_history_csv(folder / "history.csv").epochs.at(0);
  EXPECT_EQ(again.numbers, history.epochs[0].numbers);
  EXPECT_EQ(again["seconds"], 3);
  EXPECT_TRUE(std::isnan(again["accuracy"]));
}

TEST(History, NamesLineAndColumnOfWhatItCannotRead) {
  const gibbs::testing::TemporaryFolder folder;
  const auto path = folder / "history.csv";
  const auto reading = [&](const char* text) {
    io::write_file_atomically(path, text);
    return [&] { read_history_csv(path); };
  };
  for (const std::string head : {"epoch,loss", "loss,seconds", "seconds", "", "epoch,,seconds", "epoch,a,a,seconds",
                                 "epoch,epoch,seconds", "epoch,a b,seconds"}) {
    EXPECT_THAT(reading((head + "\n").c_str()),
                ::testing::ThrowsMessage<Error>(::testing::HasSubstr(
                    " line 1 is '" + head + "', expected 'epoch', the names of numbers, each once, and 'seconds'")));
  }
  EXPECT_THAT(reading("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,2,x,4,5,6\n"),
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("line 2 column 3: 'x' is not a number")));
  EXPECT_THAT(reading("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,2\n"),
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("line 2 column 3: missing")));
}

constexpr const char* kHead = "epoch,loss,accuracy,val_loss,val_accuracy,seconds";

TEST(History, SpreadsheetsMayHaveSavedIt) {
  const gibbs::testing::TemporaryFolder folder;
  const std::string windows = std::string("\xEF\xBB\xBF") + kHead + "\r\n1,1.5,0.25,,,2\r\n2,1.25,0.5,,,10";
  const History history = read_history_csv(folder.write("history.csv", windows));
  ASSERT_EQ(history.epochs.size(), 2U);
  EXPECT_EQ(history.epochs[0]["loss"], 1.5);
  EXPECT_TRUE(std::isnan(history.epochs[0]["val_accuracy"]));
  EXPECT_EQ(history.epochs[1].epoch, 2);
  EXPECT_EQ(history.epochs[1].seconds, 10);
}

TEST(History, NumbersThatDoNotFitAreRefused) {
  const gibbs::testing::TemporaryFolder folder;
  const std::string path = folder / "history.csv";
  const auto error_of_row = [&](const std::string& row) {
    folder.write("history.csv", std::string(kHead) + "\n" + row + "\n");
    const std::string error = error_of([&] { read_history_csv(path); }), start = "history: " + path + " line 2";
    return error.starts_with(start) ? error.substr(start.size()) : error;
  };
  EXPECT_EQ(error_of_row("3e9,1,1,1,1,1"), " column 1: '3e9' is not a whole number");
  EXPECT_EQ(error_of_row("1.5,1,1,1,1,1"), " column 1: '1.5' is not a whole number");
  EXPECT_EQ(error_of_row(",1,1,1,1,1"), " column 1: '' is not a whole number");
  EXPECT_EQ(error_of_row("3000000000,1,1,1,1,1"), " column 1: '3000000000' does not fit");
  EXPECT_EQ(error_of_row("0,1,1,1,1,1"), " column 1: the epoch is 0; epochs count from 1");
  EXPECT_EQ(error_of_row("-1,1,1,1,1,1"), " column 1: the epoch is -1; epochs count from 1");
  EXPECT_EQ(error_of_row("1,1e400,1,1,1,1"), " column 2: '1e400' does not fit");
  EXPECT_EQ(error_of_row("1,1,1,1,1,1,1"), " has more than 6 columns");
  EXPECT_EQ(error_of_row("1,1,1,1,1,1,"), " has more than 6 columns");
  EXPECT_EQ(error_of_row("1,1,\x1b[2J,1,1,1"), " column 3: '\\x1b[2J' is not a number");
  EXPECT_EQ(error_of_row(""), " column 2: missing");
}

TEST(History, OnlyFilesAreRead) {
  const gibbs::testing::TemporaryFolder folder;
  const std::string missing = folder / "missing", pipe = folder / "pipe";
  EXPECT_EQ(error_of([&] { read_history_csv(missing); }),
            "read: cannot open " + missing + ": No such file or directory");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_history_csv(pipe); }), "read: " + pipe + " is a named pipe, not a file");
  EXPECT_EQ(error_of([&] { read_history_csv(folder.path()); }),
            "read: " + folder.path().string() + " is a folder, not a file");
}

}  // namespace
}  // namespace gibbs::train
