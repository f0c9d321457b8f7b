#include "gibbs/train/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/tensor/error.h"
#include "tests/testing/not_finite.h"

namespace gibbs::train {
namespace {

TEST(Monitor, KnowsWhichWayIsBetter) {
  const struct {
    const char* name;
    bool smaller_wins, needs_validation;
  } expected[] = {{"loss", true, false},         {"accuracy", false, false},       {"val_loss", true, true},
                  {"val_accuracy", false, true}, {"token_accuracy", false, false}, {"val_kl_loss", true, true},
                  {"seconds", true, false}};
  for (const auto& [name, smaller_wins, needs_validation] : expected) {
    const Monitor monitor{.name = name};
    EXPECT_EQ(monitor.smaller_wins(), smaller_wins) << name;
    EXPECT_EQ(monitor.needs_validation(), needs_validation) << name;
    EXPECT_EQ(monitor.improves(1, 2), smaller_wins) << name;
    EXPECT_TRUE(monitor.improves(0.5, monitor.worst())) << name;
  }
}

TEST(Monitor, GoesTheWayItIsTold) {
  EXPECT_FALSE((Monitor{.name = "loss", .smaller_is_better = false}.improves(1, 2)));
  EXPECT_TRUE((Monitor{.name = "accuracy", .smaller_is_better = true}.improves(1, 2)));
}

TEST(Monitor, NeitherNaNNorLessThanTheLeastDifferenceIsBetter) {
  for (const char* name : {"loss", "accuracy"}) {
    const Monitor monitor{.name = name};
    EXPECT_FALSE(monitor.improves(kNaN, monitor.worst()));
    EXPECT_FALSE(monitor.improves(1, 1));
    EXPECT_FALSE(monitor.improves(1, 1.25, 0.25));
    EXPECT_FALSE(monitor.improves(1.25, 1, 0.25));
  }
}

TEST(Monitor, OfANumberThatItDoesNotKnowHasToBeTold) {
  EXPECT_THAT([] { Monitor{.name = "val_auc"}.smaller_wins(); },
              ::testing::ThrowsMessage<Error>("Monitor: say whether less or more of 'val_auc' is better, with "
                                              ".smaller_is_better = true or false"));
  EXPECT_TRUE((Monitor{.name = "val_auc", .smaller_is_better = false}.improves(2, 1)));
}

}  // namespace
}  // namespace gibbs::train
