#include "gibbs/train/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/tensor/error.h"

namespace gibbs::train {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Monitor, KnowsItsNumberAndWhichWayIsBetter) {
  const struct {
    double EpochResult::*value;
    const char* name;
    bool smaller_wins, needs_validation;
  } expected[] = {{&EpochResult::loss, "loss", true, false},
                  {&EpochResult::accuracy, "accuracy", false, false},
                  {&EpochResult::val_loss, "val_loss", true, true},
                  {&EpochResult::val_accuracy, "val_accuracy", false, true},
                  {&EpochResult::seconds, "seconds", true, false}};
  std::string columns = "epoch";
  for (const auto& [value, name, smaller_wins, needs_validation] : expected) {
    const Monitor monitor{value};
    EXPECT_EQ(monitor.name(), name);
    EXPECT_EQ(monitor.smaller_wins(), smaller_wins) << name;
    EXPECT_EQ(monitor.needs_validation(), needs_validation) << name;
    EXPECT_EQ(monitor.improves(1, 2), smaller_wins) << name;
    EXPECT_TRUE(monitor.improves(0.5, monitor.worst())) << name;
    columns += "," + monitor.name();
  }
  EXPECT_EQ(History().to_csv(), columns + "\n") << "the names are those of the columns";
}

TEST(Monitor, GoesTheWayItIsTold) {
  EXPECT_FALSE((Monitor{.value = &EpochResult::loss, .smaller_is_better = false}.improves(1, 2)));
  EXPECT_TRUE((Monitor{.value = &EpochResult::accuracy, .smaller_is_better = true}.improves(1, 2)));
}

TEST(Monitor, NeitherNaNNorLessThanTheLeastDifferenceIsBetter) {
  for (double EpochResult::*value : {&EpochResult::loss, &EpochResult::accuracy}) {
    const Monitor monitor{value};
    EXPECT_FALSE(monitor.improves(kNaN, monitor.worst()));
    EXPECT_FALSE(monitor.improves(1, 1));
    EXPECT_FALSE(monitor.improves(1, 1.25, 0.25));
    EXPECT_FALSE(monitor.improves(1.25, 1, 0.25));
  }
}

TEST(Monitor, OfNothingIsAnError) {
  EXPECT_THAT([] { Monitor{nullptr}.name(); },
              ::testing::ThrowsMessage<Error>("Monitor: value points to no number of an epoch's result; give one, such "
                                              "as &EpochResult::val_loss"));
}

}  // namespace
}  // namespace gibbs::train
