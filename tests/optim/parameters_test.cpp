#include "gibbs/optim/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/optim/sgd.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;

std::vector<std::string> paths(const Parameters& parameters) {
  std::vector<std::string> found;
  for (const auto& [path, parameter] : parameters) {
    found.push_back(path);
  }
  return found;
}

Named<Parameter> named(const char* path, const Shape& shape) { return {path, Parameter(Tensor::ones(shape))}; }

Parameters model() {
  return std::vector<Named<Parameter>>{named("1.weight", {2, 3}), named("1.bias", {3}), named("10.weight", {3, 4}),
                                       named("10.out_bias", {4}), named("bias", {4})};
}

TEST(Parameters, AtOrBelowAPath) {
  EXPECT_THAT(paths(model().below("1")), ElementsAre("1.weight", "1.bias"));
  EXPECT_THAT(paths(model().below("10.weight")), ElementsAre("10.weight"));
  EXPECT_EQ(model().below("").size(), 5U) << "the model itself";
}

TEST(Parameters, WhosePathEndsInAName) { EXPECT_THAT(paths(model().called("bias")), ElementsAre("1.bias", "bias")); }

TEST(Parameters, ThatMeetACondition) {
  EXPECT_THAT(paths(model().where([](const Named<Parameter>& p) { return p.item.shape().rank() < 2; })),
              ElementsAre("1.bias", "10.out_bias", "bias"));
}

TEST(Parameters, OthersAreToldByWhatTheyAreNotByTheirPaths) {
  const Parameters all = model();
  EXPECT_THAT(paths(all.without(all.below("10")).without(all.called("bias").prefixed("other"))),
              ElementsAre("1.weight"));
  EXPECT_EQ(all.without(model()).size(), 5U) << "another model's";
  EXPECT_EQ(all.without({}).size(), 5U);
}

TEST(Parameters, APrefixIsBeforeEveryPath) {
  EXPECT_THAT(paths(model().below("1").prefixed("encoder")), ElementsAre("encoder.1.weight", "encoder.1.bias"));
  EXPECT_THAT(paths(Parameters({Parameter(Tensor::ones({1}))}).prefixed("scale")), ElementsAre("scale"));
}

TEST(Parameters, WithoutAModelAreCountedByTheOptimizer) {
  const Parameter w(Tensor::ones({1})), b(Tensor::ones({1}));
  const std::vector<Parameter> list = {w, b};
  EXPECT_THAT(paths(SGD({w, b}).parameters()), ElementsAre("0", "1"));
  EXPECT_THAT(paths(SGD(list).parameters()), ElementsAre("0", "1"));
  EXPECT_THAT(paths(SGD({w, w, b}).parameters()), ElementsAre("0", "1")) << "a tie counts once";
  EXPECT_THAT(paths(SGD(std::vector<Named<Parameter>>{{"w", w}, {"b", b}, {"tie", w}}).parameters()),
              ElementsAre("w", "b"));
}

TEST(Parameters, AnEmptySelectionListsWhatThereIs) {
  const char* const known = "; there are 1.weight, 1.bias, 10.weight, 10.out_bias, bias";
  EXPECT_THAT([] { model().below("1.w"); },
              ::testing::ThrowsMessage<Error>(
                  StrEq(std::string("Parameters::below('1.w'): no parameter is at or below this path") + known)));
  EXPECT_THAT([] { model().called("scale"); },
              ::testing::ThrowsMessage<Error>(
                  StrEq(std::string("Parameters::called('scale'): no parameter has this name") + known)));
  EXPECT_THAT([] { model().where([](const auto&) { return false; }); },
              ::testing::ThrowsMessage<Error>(
                  StrEq(std::string("Parameters::where: no parameter meets the condition") + known)));
  EXPECT_THAT(
      [] {
        const Parameters all = model().below("1");
        all.without(all);
      },
      ::testing::ThrowsMessage<Error>(StrEq("Parameters::without: no parameter is left; there are 1.weight, 1.bias")));
}

}  // namespace
}  // namespace gibbs::optim
