// ForwardScope: paths, observers, the search for NaN, and random keys that know the call and nothing else.
#include "gibbs/nn/forward.h"

#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

/// Notes the keys that its calls see, and divides by zero when told.
class Probe : public Layer {
 public:
  explicit Probe(std::vector<RandomKey>& keys, double number = 1) : keys_(&keys), number_(number) {}
  std::string describe() const override { return "Probe"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Probe>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    keys_->push_back(forward_key());
    return Tensor::full(x.shape(), number_);
  }

 private:
  std::vector<RandomKey>* keys_;
  double number_;
};

/// Asks for its key twice in a call, and counts how often it is visited.
class DrawsTwice : public Layer {
 public:
  DrawsTwice(std::vector<RandomKey>& keys, int& visits) : keys_(&keys), visits_(&visits) {}
  void visit(ModuleVisitor& /*visitor*/) override { ++*visits_; }
  std::string describe() const override { return "DrawsTwice"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<DrawsTwice>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    if (ForwardScope::current().training) {
      keys_->push_back(forward_key());
      keys_->push_back(forward_key());
    }
    return x;
  }

 private:
  std::vector<RandomKey>* keys_;
  int* visits_;
};

struct ForwardTest : ::testing::Test {
  std::vector<RandomKey> keys;
  const Tensor x = Tensor::ones({2, 2});

  std::vector<RandomKey> keys_of(Layer& model, const ForwardOptions& options, int calls = 1) {
    keys.clear();
    const ForwardScope scope(options);
    for (int i = 0; i < calls; ++i) {
      model(x);
    }
    return keys;
  }
};

TEST_F(ForwardTest, WithoutAScopeItIsEvaluation) {
  EXPECT_FALSE(ForwardScope::current().training);
  {
    const ForwardScope outer({.training = true, .step = 1});
    {
      const ForwardScope inner({.step = 2});
      EXPECT_FALSE(ForwardScope::current().training);
      EXPECT_EQ(ForwardScope::current().step, 2);
    }
    EXPECT_TRUE(ForwardScope::current().training);
  }
  EXPECT_FALSE(ForwardScope::current().training);
}

TEST_F(ForwardTest, RandomKeysBelongToARunningModule) {
  const char* const message = "forward_key: no module is running; call it inside a module's forward";
  EXPECT_EQ(error_of([] { forward_key(); }), message);
  const ForwardScope scope({.training = true});
  EXPECT_EQ(error_of([] { forward_key(); }), message);
}

TEST_F(ForwardTest, ObserversSeePathsInTheOrderInWhichForwardEnds) {
  Sequential model{Sequential(ReLU(), Tanh()), ReLU()};
  std::vector<std::string> seen;
  const ForwardScope scope(
      {.observer = [&](const std::string& path, Module& module, const Variables& in, const Variables& out) {
        seen.push_back("'" + path + "' " + module.describe());
        EXPECT_EQ(in.at(0).shape(), out.at(0).shape());
      }});
  model(x);
  EXPECT_EQ(seen, (std::vector<std::string>{"'0.0' ReLU", "'0.1' Tanh", "'0' Sequential(2 layers)", "'1' ReLU",
                                            "'' Sequential(2 layers)"}));
}

TEST_F(ForwardTest, OutsideOfAnyForwardThereIsNoPath) {
  EXPECT_EQ(forward_path(), "");
  Sequential model{Sequential(Dense({.in = 3, .out = 1})), ReLU()};
  initialize(model, 1);
  EXPECT_EQ(error_of([&] { model(x); }), "Dense: layer '0.0' expects [N, 3], received [2, 2]");
  EXPECT_EQ(forward_path(), "") << "an error leaves no path behind";
}

TEST_F(ForwardTest, NamesAreLookedUpOnlyWhenSomebodyAsks) {
  int visits = 0;
  Sequential model{DrawsTwice(keys, visits), Dense({.in = 2, .out = 1})};
  initialize(model, 1);
  visits = 0;
  model(x);
  EXPECT_EQ(visits, 0);
  const ForwardScope scope({.training = true});
  model(x);
  EXPECT_GT(visits, 0) << "a random stream belongs to a path";
}

TEST_F(ForwardTest, ACallHasOneRandomStreamHoweverOftenItAsks) {
  int visits = 0;
  Sequential model{DrawsTwice(keys, visits)};
  const std::vector<RandomKey> seen = keys_of(model, {.training = true}, 2);
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[2], seen[3]);
  EXPECT_FALSE(seen[0] == seen[2]) << "another call is another stream";
}

TEST_F(ForwardTest, TheFirstLayerThatGivesNaNIsNamed) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Sequential model{ReLU(), Probe(keys, nan), ReLU()};
  model(x);
  const ForwardScope scope({.step = 7, .check_finite = true});
  EXPECT_EQ(error_of([&] { model(x); }), "layer '1' (Probe) gave NaN or infinity");
  Probe infinite(keys, std::numeric_limits<double>::infinity()), finite(keys, 1e30);
  EXPECT_EQ(error_of([&] { infinite(x); }), "the model itself (Probe) gave NaN or infinity");
  EXPECT_EQ(error_of([&] { finite(x); }), "");
}

TEST_F(ForwardTest, KeysDependOnSeedStepPathAndCall) {
  Sequential model{Probe(keys), Probe(keys)};
  const auto base = keys_of(model, {.seed = 1, .step = 2}, 2);
  ASSERT_EQ(base.size(), 4);
  for (std::size_t i = 0; i < base.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(base[i], base[j]) << i << ' ' << j;
    }
  }
  EXPECT_EQ(keys_of(model, {.seed = 1, .step = 2}, 2), base) << "a second scope repeats the first";
  EXPECT_NE(keys_of(model, {.seed = 2, .step = 2})[0], base[0]);
  EXPECT_NE(keys_of(model, {.seed = 1, .step = 3})[0], base[0]);
}

TEST_F(ForwardTest, KeysDoNotDependOnHowABatchIsCutNorOnTraining) {
  Sequential model{Probe(keys), ReLU()};
  const auto base = keys_of(model, {.training = true, .first_sample = 0});
  EXPECT_EQ(keys_of(model, {.training = true, .first_sample = 100}), base);
  EXPECT_EQ(keys_of(model, {.training = false}), base);
}

TEST_F(ForwardTest, WithoutAScopeEveryCallOfAModelStartsAnew) {
  Probe probe(keys);
  probe(x);
  probe(x);
  EXPECT_EQ(keys[0], keys[1]);
}

}  // namespace
}  // namespace gibbs::nn
