#include "gibbs/optim/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(Schedule, Errors) {
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
