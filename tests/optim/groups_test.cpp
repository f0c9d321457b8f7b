// Groups in every method: against one optimizer per group, against numbers by hand, and what is refused.
#include "gibbs/optim/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>

#include "gibbs/optim/optim.h"
#include "gibbs/tensor/random.h"
#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::StrEq;

struct GroupMethod {
  const char* name;
  std::function<std::unique_ptr<Optimizer>(const Groups&, double rate, double decay)> make;
};
const GroupMethod kGroupMethods[] = {
    {"SGD",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<SGD>(groups, SGDOptions{.learning_rate = rate, .weight_decay = decay});
     }},
    {"Nesterov",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<SGD>(
           groups, SGDOptions{.learning_rate = rate, .momentum = 0.9, .nesterov = true, .weight_decay = decay});
     }},
    {"AdamW",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<AdamW>(groups, AdamWOptions{.learning_rate = rate, .weight_decay = decay});
     }},
    {"Adam",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<Adam>(groups, AdamOptions{.learning_rate = rate, .weight_decay = decay});
     }},
    {"RMSprop",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<RMSprop>(groups, RMSpropOptions{.learning_rate = rate, .weight_decay = decay});
     }},
    {"Adagrad",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<Adagrad>(groups, AdagradOptions{.learning_rate = rate, .weight_decay = decay});
     }},
    {"NAdam",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<NAdam>(groups, NAdamOptions{.learning_rate = rate, .weight_decay = decay});
     }},
    {"Lion",
     [](const Groups& groups, double rate, double decay) {
       return std::make_unique<Lion>(groups, LionOptions{.learning_rate = rate, .weight_decay = decay});
     }},
};

class AnyMethod : public ::testing::TestWithParam<std::tuple<GroupMethod, DType>> {};

std::vector<Parameter> four_parameters(DType dtype) {
  Rng rng(3);
  std::vector<Parameter> all;
  for (int i = 0; i < 4; ++i) {
    all.emplace_back(rng.normal({5}, 0, 1, dtype));
  }
  return all;
}

std::vector<std::vector<double>> values_of(const std::vector<Parameter>& parameters) {
  std::vector<std::vector<double>> all;
  for (const Parameter& parameter : parameters) {
    all.push_back(parameter.value().to_vector());
  }
  return all;
}

TEST_P(AnyMethod, StepsGroupsAsOneOptimizerForEachWould) {
  const auto& [kind, dtype] = GetParam();
  std::vector<Parameter> p = four_parameters(dtype), q = four_parameters(dtype);
  const auto grouped = kind.make({{.parameters = {p[0], p[1]}, .rate_scale = 0.1},
                                  {.parameters = {p[2]}, .weight_decay = 0.3},
                                  {.parameters = {p[3]}}},
                                 0.05, 0.01);
  const auto scaled = kind.make({q[0], q[1]}, 0.05 * 0.1, 0.01), decayed = kind.make({q[2]}, 0.05, 0.3),
             plain = kind.make({q[3]}, 0.05, 0.01);
  Rng rng(4);
  for (int t = 0; t < 6; ++t) {
    if (t == 3) {
      scaled->set_learning_rate(0.02 * 0.1);
      for (Optimizer* optimizer : {grouped.get(), decayed.get(), plain.get()}) {
        optimizer->set_learning_rate(0.02);
      }
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const Tensor g = rng.normal({5}, 0, 1, dtype);
      set_gradient(p[i], g);
      set_gradient(q[i], g);
    }
    for (Optimizer* optimizer : {grouped.get(), scaled.get(), decayed.get(), plain.get()}) {
      optimizer->step();
    }
    ASSERT_EQ(values_of(p), values_of(q)) << "step " << t;
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, AnyMethod,
                         ::testing::Combine(::testing::ValuesIn(kGroupMethods),
                                            ::testing::Values(DType::float32, DType::float64)),
                         [](const auto& instance) {
                           return std::get<0>(instance.param).name + std::string("_") +
                                  (std::get<1>(instance.param) == DType::float32 ? "float32" : "float64");
                         });

/// Weights 8 and 8 after a step under these gradients, with half of the rate and a decay of 0.5 for the first one.
template <class Method, class Options>
std::vector<double> by_hand(const Options& options, double g) {
  Parameter a(Tensor::of({8}, DType::float64)), b(Tensor::of({8}, DType::float64));
  Method method({{.parameters = {a}, .rate_scale = 0.5, .weight_decay = 0.5}, {.parameters = {b}}}, options);
  for (Parameter* parameter : {&a, &b}) {
    set_gradient(*parameter, Tensor::of({g}, DType::float64));
  }
  method.step();
  return {a.value().item(), b.value().item()};
}

TEST(Groups, ByHand) {
  // 8 - 0.1/2 (1 + 8/2) = 7.75 and 8 - 0.1 1 = 7.9.
  EXPECT_THAT(by_hand<SGD>(SGDOptions{.learning_rate = 0.1}, 1), ElementsAre(DoubleEq(7.75), DoubleEq(7.9)));
  // Without a gradient the moments are 0, and what is left is w (1 - rate lambda): 8 (1 - 0.025) and 8 (1 - 0.1/4).
  EXPECT_THAT(by_hand<AdamW>(AdamWOptions{.learning_rate = 0.1, .weight_decay = 0.25}, 0),
              ElementsAre(DoubleEq(7.8), DoubleEq(7.8)));
}

TEST(Groups, ScaleTheRateOfAdam) {
  Parameter a(Tensor::of({0}, DType::float64)), b(Tensor::of({0}, DType::float64));
  Adam adam({{.parameters = {a}, .rate_scale = 0.25}, {.parameters = {b}}}, {.learning_rate = 0.5});
  for (Parameter* parameter : {&a, &b}) {
    set_gradient(*parameter, Tensor::of({-3}, DType::float64));
  }
  adam.step();  // the first step is the rate, all but epsilon
  EXPECT_NEAR(a.value().item(), 0.125, 1e-8);
  EXPECT_NEAR(b.value().item(), 0.5, 1e-7);
}

std::vector<Named<Parameter>> two_layers() {
  return {{"0.weight", Parameter(Tensor::ones({2, 3}))},
          {"0.bias", Parameter(Tensor::ones({3}))},
          {"2.weight", Parameter(Tensor::ones({3, 1}))},
          {"2.bias", Parameter(Tensor::ones({1}))}};
}

TEST(Groups, StateIsNamedAfterPathsInTheOrderOfTheGroups) {
  const Parameters all = two_layers();
  SavedState state;
  SGD({{.parameters = all.below("2"), .rate_scale = 2}, {.parameters = all.below("0").called("bias")}},
      {.momentum = 0.5})
      .visit_state(state);
  EXPECT_THAT(state.names,
              ElementsAre("steps", "learning_rate", "2.weight.velocity", "2.bias.velocity", "0.bias.velocity"));
}

TEST(Groups, AreSettings) {
  const Parameters all = two_layers(), biases = all.called("bias");
  const AdamW plain(all), same({{.parameters = biases}, {.parameters = all.without(biases)}});
  EXPECT_EQ(plain.settings(), same.settings()) << "groups that set nothing change nothing";
  const AdamW groups({{.parameters = all.without(biases), .rate_scale = 0.1},
                      {.parameters = biases, .rate_scale = 2, .weight_decay = 0}});
  EXPECT_THAT(
      groups.settings(),
      IsSupersetOf({Pair(StrEq("weight decay"), StrEq("0.01")),
                    Pair(StrEq("optimizer's group 0"), StrEq("rate scale 0.1: 0.weight, 2.weight")),
                    Pair(StrEq("optimizer's group 1"), StrEq("rate scale 2, weight decay 0: 0.bias, 2.bias"))}));
}

void expect_error(const Groups& groups, const std::string& message) {
  EXPECT_THAT([&] { SGD sgd(groups); }, ::testing::ThrowsMessage<Error>(StrEq(message)));
}

TEST(Groups, Errors) {
  const Parameters all = two_layers(), biases = all.called("bias");
  const Group rest = {.parameters = all.without(biases)};
  expect_error(std::vector<Group>{}, "SGD: there are no parameters to optimize");
  expect_error({rest, {}}, "SGD: group 1 has no parameters");
  expect_error({rest, {.parameters = all}},
               "SGD: parameter '0.weight' is in groups 0 and 1, '2.weight' is in groups 0 and 1; take it out of one "
               "with Parameters::without");
  expect_error({rest, {.parameters = two_layers()}},
               "SGD: two parameters have the path '0.weight', which their state is named after; give those of one "
               "model another with Parameters::prefixed");
  expect_error({rest, {.parameters = biases, .rate_scale = -1}},
               "SGD: rate_scale of group 1 is -1; it must be finite and at least 0");
  expect_error({rest, {.parameters = biases, .weight_decay = std::numeric_limits<double>::infinity()}},
               "SGD: weight_decay of group 1 is inf; it must be finite and at least 0");
}

TEST(Groups, OfTwoModelsHaveAPrefix) {
  const Adam adam({{.parameters = Parameters(two_layers()).prefixed("encoder")}, {.parameters = two_layers()}});
  EXPECT_EQ(adam.parameters().size(), 8U);
  EXPECT_EQ(adam.parameters()[1].path, "encoder.0.bias");
}

/// w -= rate g: as short as a method can be.
class Plain : public Method {
 public:
  explicit Plain(const Groups& groups) : Method("Plain", groups, 0.5) {}

 private:
  void step_parameter(std::size_t i, Parameter& parameter) override {
    const double w = parameter.value().item(), g = parameter.gradient().item();
    parameter.mutable_value().fill(w - rate(i) * g);
  }
};

TEST(Groups, WorkForAMethodOfYourOwn) {
  Parameter a(Tensor::ones({1})), b(Tensor::ones({1}));
  Plain plain({{.parameters = {a}}, {.parameters = {b}, .rate_scale = 0.5}});
  for (Parameter* parameter : {&a, &b}) {
    set_gradient(*parameter, Tensor::ones({1}));
  }
  plain.step();
  EXPECT_EQ(a.value().item(), 0.5);
  EXPECT_EQ(b.value().item(), 0.75);
  EXPECT_THAT(
      [&] { Plain({{.parameters = {a}, .weight_decay = 0.1}}); },
      ::testing::ThrowsMessage<Error>(StrEq("Plain: group 0 sets weight_decay, which Plain does not have; leave "
                                            "it out, or take AdamW or SGD")));
}

}  // namespace
}  // namespace gibbs::optim
