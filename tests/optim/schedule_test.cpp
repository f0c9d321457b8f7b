#include "gibbs/optim/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/tensor/error.h"

namespace gibbs::optim {
namespace {

using ::testing::DoubleNear;
using ::testing::Pointwise;
using ::testing::StrEq;

std::vector<double> first(std::int64_t n, const Schedule& schedule) {
  std::vector<double> rates;
  for (std::int64_t count = 0; count < n; ++count) {
    rates.push_back(schedule(count));
  }
  return rates;
}

auto are(const std::vector<double>& rates) { return Pointwise(DoubleNear(1e-15), rates); }

TEST(Schedule, Constant) { EXPECT_THAT(first(3, constant(0.1)), are({0.1, 0.1, 0.1})); }

TEST(Schedule, StepDecay) {
  EXPECT_THAT(first(7, step_decay({.rate = 1, .factor = 0.5, .every = 3})), are({1, 1, 1, 0.5, 0.5, 0.5, 0.25}));
}

TEST(Schedule, CosineEndsAtItsFinalRateAndStaysThere) {
  const double root = std::sqrt(0.5);
  EXPECT_THAT(first(6, cosine({.rate = 3, .final_rate = 1, .length = 4})), are({3, 2 + root, 2, 2 - root, 1, 1}));
}

TEST(Schedule, WarmUpRisesToTheFirstRateOfWhatFollows) {
  EXPECT_THAT(first(6, warm_up(3, step_decay({.rate = 1, .factor = 0.5, .every = 2}))),
              are({0.25, 0.5, 0.75, 1, 1, 0.5}));
}

TEST(Schedule, MultiStepFallsAtItsMilestones) {
  EXPECT_THAT(first(6, multi_step({.rate = 1, .factor = 0.5, .milestones = {2, 3, 5}})),
              are({1, 1, 0.5, 0.25, 0.25, 0.125}));
}

TEST(Schedule, ExponentialFallsByItsFactorEverySoOften) {
  EXPECT_THAT(first(5, exponential({.rate = 1, .factor = 0.25, .every = 2})), are({1, 0.5, 0.25, 0.125, 0.0625}));
}

TEST(Schedule, PolynomialEndsAtItsFinalRateAndStaysThere) {
  EXPECT_THAT(first(4, polynomial({.rate = 3, .final_rate = 1, .length = 2})), are({3, 2, 1, 1}));
  EXPECT_THAT(first(4, polynomial({.rate = 3, .final_rate = 1, .power = 2, .length = 2})), are({3, 1.5, 1, 1}));
}

TEST(Schedule, CosineRestartsInLongerAndLongerCycles) {
  const double root = std::sqrt(0.5);
  EXPECT_THAT(first(7, cosine_restarts({.rate = 3, .final_rate = 1, .length = 2, .growth = 2})),
              are({3, 2, 3, 2 + root, 2, 2 - root, 3}));
  const double late = cosine_restarts({.rate = 1, .length = 3, .growth = 1'000'000})(std::int64_t{1} << 60);
  EXPECT_TRUE(late >= 0 && late <= 1) << late;
}

TEST(Schedule, OneCycleStaysAtItsEnd) {
  const Schedule schedule = one_cycle({.rate = 1, .length = 11, .rise = 0.5, .end_divisor = 4, .linear = true});
  EXPECT_NEAR(schedule(0), 0.04, 1e-15);
  EXPECT_NEAR(schedule(10), 0.01, 1e-15);
  EXPECT_NEAR(schedule(1000), 0.01, 1e-15);
}

TEST(Schedule, JoinedPartsCountFromZero) {
  const Schedule counts = [](std::int64_t count) { return static_cast<double>(count); };
  EXPECT_THAT(first(6, joined({counts, constant(7), counts}, {2, 3})), are({0, 1, 7, 0, 1, 2}));
}

TEST(Schedule, Errors) {
  using ::testing::ThrowsMessage;
  EXPECT_THAT(
      [] {
        multi_step({.rate = 1, .milestones = {3, 3}});
      },
      ThrowsMessage<Error>("multi_step: milestone 3 comes after 3; they must rise, and begin at 1 or later"));
  EXPECT_THAT([] { exponential({.rate = 1, .factor = NAN}); },
              ThrowsMessage<Error>("exponential: factor is nan; it must be finite and at least 0"));
  EXPECT_THAT([] { polynomial({.rate = 1, .power = -1, .length = 5}); },
              ThrowsMessage<Error>("polynomial: power is -1; it must be finite and at least 0"));
  EXPECT_THAT([] { cosine_restarts({.rate = 1, .length = 5, .growth = 0}); },
              ThrowsMessage<Error>("cosine_restarts: growth is 0; it must be at least 1"));
  EXPECT_THAT([] { one_cycle({.rate = 1, .length = 5, .rise = 1.5}); },
              ThrowsMessage<Error>("one_cycle: rise is 1.5; it must be in [0, 1]"));
  EXPECT_THAT(
      [] { one_cycle({.rate = 1, .length = 5, .rise = 0.6, .three_phases = true}); },
      ThrowsMessage<Error>("one_cycle: rise is 0.6; it must be in [0, 0.5], since the second phase is as long"));
  EXPECT_THAT([] { one_cycle({.rate = 1, .length = 5, .start_divisor = 0}); },
              ThrowsMessage<Error>("one_cycle: start_divisor is 0; it must be finite and above 0"));
  EXPECT_THAT([] { joined({constant(1)}, {3}); },
              ThrowsMessage<Error>("joined: 1 schedules need one milestone less, received 1"));
  EXPECT_THAT([] { joined({constant(1), {}}, {3}); }, ThrowsMessage<Error>("joined: one of the schedules is empty"));
  EXPECT_THAT(
      [] {
        joined({constant(1), constant(2)}, {0});
      },
      ThrowsMessage<Error>("joined: milestone 0 comes after 0; they must rise, and begin at 1 or later"));

  EXPECT_THAT([] { constant(-1); },
              ::testing::ThrowsMessage<Error>(StrEq("constant: rate is -1; it must be finite and at least 0")));
  EXPECT_THAT([] { step_decay({.rate = 1, .every = 0}); },
              ::testing::ThrowsMessage<Error>(StrEq("step_decay: every is 0; it must be at least 1")));
  EXPECT_THAT([] { cosine({.rate = 1, .final_rate = -2, .length = 1}); },
              ::testing::ThrowsMessage<Error>(StrEq("cosine: final_rate is -2; it must be finite and at least 0")));
  EXPECT_THAT([] { warm_up(1, {}); },
              ::testing::ThrowsMessage<Error>(StrEq("warm_up: there is no schedule to go on with")));
  EXPECT_THAT([] { constant(1)(-1); }, ::testing::ThrowsMessage<Error>(StrEq("constant: count is -1; it starts at 0")));
}

}  // namespace
}  // namespace gibbs::optim
