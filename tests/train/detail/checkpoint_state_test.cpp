// The schema of a checkpoint's state: each field broken in each way, with the exact message.
#include "gibbs/train/detail/checkpoint_state.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/testing/epoch_result.h"
#include "tests/testing/expect_op.h"

namespace gibbs::train::detail {
namespace {

using gibbs::testing::error_of;

CheckpointState good_state() {
  CheckpointState state{
      .training = {.step = 12,
                   .position = {.epoch = 1, .batch = 5},
                   .epoch_seconds = 1.5,
                   .history = {{gibbs::testing::epoch_result(1, 0.1, 0.2, std::numeric_limits<double>::quiet_NaN(), 0.4,
                                                             0.5)}},
                   .callbacks = {"", "a \"state\""},
                   .stop_reason = "",
                   .settings = {{"seed", "9"}},
                   .data = {{"size", "[8, 8, 3]"}},
                   .arithmetic = {{"core", "any"}}},
      .optimizer_settings = {{"beta1", "0.9"}},
      .optimizer = {.counters = {{"steps", 12}},
                    .numbers = {{"best", -std::numeric_limits<double>::infinity()}, {"learning_rate", 0.001}}},
      .running = {.counters = {{"accuracy/rows", 40}}, .numbers = {{"loss/weight", 2.25}}}};
  return state;
}

const std::string kGood =
    R"({"format":3,"step":12,"epoch":1,"batch":5,"epoch_seconds":1.5,)"
    R"("columns":["loss","accuracy","val_loss","val_accuracy"],"history":[[1,0.1,0.2,"nan",0.4,0.5]],"callbacks":["","a \"state\""],"stop_reason":"",)"
    R"("settings":[["seed","9"]],"data":[["size","[8, 8, 3]"]],"arithmetic":[["core","any"]],)"
    R"("optimizer":[["beta1","0.9"]],"optimizer_counters":{"steps":12},)"
    R"("optimizer_numbers":{"best":"-inf","learning_rate":0.001},)"
    R"("running_counters":{"accuracy/rows":40},"running_numbers":{"loss/weight":2.25}})";

/// What reading says, between the file's name and the advice, when `from` is replaced by `to`; without the place.
std::string error_with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  EXPECT_NE(text.find(from), std::string::npos) << from;
  text.replace(text.find(from), from.size(), to);
  const std::string error = error_of([&] { from_json(text, "FILE"); });
  const std::string start = "checkpoint: FILE has a damaged 'state': ",
                    end = "; delete the file to begin anew, or choose another folder";
  if (!error.starts_with(start) || !error.ends_with(end)) {
    return "another error: " + error;
  }
  const std::string what = error.substr(start.size(), error.size() - start.size() - end.size());
  return what.starts_with("byte ") ? what.substr(what.find(": ") + 2) : what;
}

TEST(CheckpointState, IsThisText) { EXPECT_EQ(to_json(good_state(), "FILE"), kGood); }

TEST(CheckpointState, ReadsWhatItWrote) {
  const CheckpointState state = from_json(kGood, "FILE");
  EXPECT_EQ(to_json(state, "FILE"), kGood);
  EXPECT_TRUE(std::isnan(state.training.history.epochs[0]["val_loss"]));
  EXPECT_EQ(state.optimizer.numbers.at("best"), -std::numeric_limits<double>::infinity());
}

TEST(CheckpointState, WholeNumbersAreWholeAndFit) {
  const std::string epoch = "expected epoch, a whole number from 0 to 2147483647, found ";
  for (const std::string text :
       {"3e9", "1e400", "-1", "2.5", "2147483648", "9223372036854775808", "01", "1.0", "-0.5"}) {
    EXPECT_EQ(error_with("\"epoch\":1", "\"epoch\":" + text), epoch + text);
  }
  EXPECT_EQ(error_with("\"epoch\":1", "\"epoch\":null"), epoch + "'n'");
  EXPECT_EQ(error_with("\"epoch\":1", "\"epoch\":\"1\""), epoch + "'\"'");
  EXPECT_EQ(error_with("\"epoch\":1", "\"epoch\":[1]"), epoch + "'['");
  const std::string most = ", a whole number from 0 to 9007199254740992, found ";
  EXPECT_EQ(error_with("\"step\":12", "\"step\":-12"), "expected step" + most + "-12");
  EXPECT_EQ(error_with("\"batch\":5", "\"batch\":5e0"), "expected batch" + most + "5e0");
  EXPECT_EQ(error_with("\"accuracy/rows\":40", "\"accuracy/rows\":9007199254740993"),
            "expected running_counters.accuracy/rows" + most + "9007199254740993");
  EXPECT_EQ(error_with("\"steps\":12", "\"steps\":-1"), "expected optimizer_counters.steps" + most + "-1");
}

TEST(CheckpointState, NumbersAreFiniteAndInTheirRange) {
  EXPECT_EQ(error_with("2.25", "1e400"),
            "expected running_numbers.loss/weight, a number that a double can hold, found 1e400");
  EXPECT_EQ(error_with("2.25", "\"inf\""), "expected a finite loss/weight from 0, found \"inf\"");
  EXPECT_EQ(error_with("2.25", "\"nan\""), "expected a finite loss/weight from 0, found \"nan\"");
  EXPECT_EQ(error_with("2.25", "\"x\""), "expected running_numbers.loss/weight, a number, found \"x\"");
  EXPECT_EQ(error_with("2.25", "2,25"), "expected a name in running_numbers, found '2'");
  EXPECT_EQ(error_with("2.25", "true"), "expected running_numbers.loss/weight, a number, found 't'");
  EXPECT_EQ(error_with("1.5", "-1.5"), "expected epoch_seconds, a finite number from 0, found -1.5");
  EXPECT_EQ(error_with("[1,0.1,", "[1,true,"), "expected loss in row 1 of history, a number, found 't'");
  EXPECT_EQ(error_with("[1,0.1,", "[1,\"inf\","),
            "expected loss in row 1 of history, a finite number or \"nan\", found inf");
  EXPECT_EQ(error_with("0.5]", "\"nan\"]"),
            "expected the seconds in row 1 of history, a finite number from 0, found nan");
  for (const std::string rate : {"-0.001", "\"nan\"", "\"inf\""}) {
    EXPECT_EQ(error_with("\"learning_rate\":0.001", "\"learning_rate\":" + rate),
              "expected a finite learning_rate from 0, found " + rate);
  }
}

TEST(CheckpointState, HistoryIsThatOfTheEpochs) {
  EXPECT_EQ(error_with("[[1,0.1,0.2,\"nan\",0.4,0.5]]", "[]"), "epoch is 1, but history has 0 rows");
  EXPECT_EQ(error_with("\"epoch\":1", "\"epoch\":2"), "epoch is 2, but history has 1 rows");
  EXPECT_EQ(error_with("[[1,", "[[2,"), "expected the epoch in row 1 of history, a whole number from 1 to 1, found 2");
  EXPECT_EQ(error_with("0.5]]", "0.5],[1,0,0,0,0,0]]"),
            "expected the epoch in row 2 of history, a whole number from 2 to 2, found 1");
  EXPECT_EQ(error_with("0.4,0.5]", "0.4]"), "expected ',', found ']'");
  EXPECT_EQ(error_with("0.5]", "0.5,6]"), "expected ']', found ','");
}

TEST(CheckpointState, ColumnsAreNamesEachOnce) {
  for (const std::string name : {"loss", "epoch", "seconds", "", "a,b", "a\nb"}) {
    const std::string column = name == "a\nb" ? "a\\nb" : name;
    EXPECT_THAT(error_with("\"accuracy\",\"val_loss\"", "\"" + column + "\",\"val_loss\""),
                ::testing::StartsWith("expected the name of a column that was not there before, found \""))
        << name;
  }
  EXPECT_EQ(error_with("\"columns\":[\"loss\",", "\"columns\":["), "expected ']', found ','");
}

TEST(CheckpointState, HistoryIsReadWithItsColumns) {
  const std::string columns = R"("columns":["loss","accuracy","val_loss","val_accuracy"],)";
  std::string moved = kGood;
  moved.replace(moved.find(columns), columns.size(), "");
  moved.replace(moved.find("\"callbacks\""), 0, columns);
  EXPECT_THAT(error_of([&] { from_json(moved, "FILE"); }), ::testing::HasSubstr("expected columns before history"));
}

TEST(CheckpointState, FieldsAgree) {
  EXPECT_EQ(error_with("\"step\":12", "\"step\":5"), "step is 5, fewer than the 1 of epoch and the 5 of batch");
}

TEST(CheckpointState, FieldsAreAllThereOnceAndNoOthers) {
  EXPECT_EQ(error_with("\"step\":12,", ""), "expected the field \"step\", found none of this name");
  EXPECT_EQ(error_with("\"step\":12,", "\"stop\":12,"), "expected a field of a checkpoint, found \"stop\"");
  EXPECT_EQ(error_with("\"epoch\":1,", "\"epoch\":1,\"epoch\":1,"),
            "expected a field that was not there before, found \"epoch\" again");
  EXPECT_EQ(error_with("[[\"seed\",\"9\"]]", "[[\"seed\",\"9\"],[\"seed\",\"8\"]]"),
            "expected a name of settings that was not there before, found \"seed\" again");
  EXPECT_EQ(error_with("\"9\"", "9"), "expected a value of settings, found '9'");
  EXPECT_EQ(error_with("\"callbacks\":[\"\"", "\"callbacks\":[7"), "expected the text of a callback, found '7'");
  EXPECT_EQ(error_with("\"stop_reason\":\"\"", "\"stop_reason\":{}"), "expected stop_reason, a text, found '{'");
  EXPECT_EQ(error_of([] { from_json(kGood + " }", "FILE"); }),
            fmt::format("checkpoint: FILE has a damaged 'state': byte {}: expected nothing after the last '}}', found "
                        "'}}'; delete the file to begin anew, or choose another folder",
                        kGood.size() + 1));
  for (std::size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_THROW(from_json(std::string_view(kGood).substr(0, length), "FILE"), Error) << length;
  }
}

TEST(CheckpointState, NestingIsRefusedAtItsFirstBracket) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(error_with("[[1,0.1", deep),
            "expected the epoch in row 1 of history, a whole number from 1 to "
            "1, found '['");
  EXPECT_EQ(error_with("\"epoch\":1", "\"epoch\":" + deep),
            "expected epoch, a whole number from 0 to 2147483647, found '['");
  EXPECT_EQ(error_with("\"step\":12", "\"more\":" + deep), "expected a field of a checkpoint, found \"more\"");
  EXPECT_THROW(from_json(deep, "FILE"), Error);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"format\":";
  }
  EXPECT_THROW(from_json(objects, "FILE"), Error);
}

TEST(CheckpointState, TextsAreUtf8) {
  CheckpointState state = good_state();
  state.training.callbacks[1] = "\xff";
  EXPECT_EQ(error_of([&] { to_json(state, "FILE"); }),
            "checkpoint: FILE: the state of callback 2 is not UTF-8: '\\xff'");
  state = good_state();
  state.training.settings[0].second = "\xff";
  EXPECT_EQ(error_of([&] { to_json(state, "FILE"); }), "checkpoint: FILE: a setting is not UTF-8: '\\xff'");
}

}  // namespace
}  // namespace gibbs::train::detail
