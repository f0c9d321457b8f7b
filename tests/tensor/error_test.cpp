// check and fail: what a message consists of, and that nothing happens when the rule holds.
#include "gibbs/tensor/error.h"

#include "gibbs/tensor/shape.h"

namespace gibbs {
namespace {

using ::testing::Throws;
using ::testing::ThrowsMessage;

TEST(Error, FailWritesItsPartsOneAfterTheOther) {
  EXPECT_THAT([] { fail("op: ", 1, ' ', 2.5, ' ', Shape{2, 3}); }, ThrowsMessage<Error>("op: 1 2.5 [2, 3]"));
}

TEST(Error, CheckThrowsOnlyWhenTheRuleDoesNotHold) {
  EXPECT_NO_THROW(check(true, "unseen"));
  EXPECT_THAT([] { check(false, "add: sizes ", 2, " and ", 3); }, ThrowsMessage<Error>("add: sizes 2 and 3"));
}

TEST(Error, IsARuntimeError) {
  EXPECT_THAT([] { fail("x"); }, Throws<std::runtime_error>());
}

}  // namespace
}  // namespace gibbs
