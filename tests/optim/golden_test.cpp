// Every option of every optimizer against PyTorch: the losses of 50 steps in float64, and the parameters after them.
#include "tests/optim/golden.h"

#include <set>

#include "gibbs/optim/schedule.h"
#include "tests/testing/optimizer_of.h"
#include "tests/testing/schedule_of.h"

namespace gibbs::optim {
namespace {

using nlohmann::json;

struct GoldenOptimizer {
  std::vector<std::unique_ptr<Optimizer>> owned;
  Optimizer* optimizer = nullptr;
};

/// Of a golden case: with groups, or of matrices, with SGD for the rest.
GoldenOptimizer optimizer_for(const GoldenProblem& p, const json& one) {
  const json &options = one["options"], &groups = one["groups"];
  GoldenOptimizer made;
  const auto make = [&](const std::string& name, const Groups& of, const json& with) {
    made.owned.push_back(testing::optimizer_of(name, of, with));
  };
  if (one["optimizer"] == "Muon") {
    make("Muon", {p.w1, p.w2}, options);
    make("SGD", {p.b1, p.b2}, {{"learning_rate", options["learning_rate"]}});
    made.owned.push_back(std::make_unique<Several>(std::vector{made.owned[0].get(), made.owned[1].get()}));
  } else if (groups.is_null()) {
    make(one["optimizer"], {p.w1, p.b1, p.w2, p.b2}, options);
  } else {
    make(one["optimizer"],
         {{.parameters = {p.w1, p.w2}},
          {.parameters = {p.b1, p.b2}, .rate_scale = groups["rate_scale"], .weight_decay = groups["weight_decay"]}},
         options);
  }
  made.optimizer = made.owned.back().get();
  return made;
}

TEST(GoldenOptimizers, StepAsPyTorchDoes) {
  std::set<std::string> names;
  for (const json& one : golden()["optimizers"]) {
    const std::string what =
        one["optimizer"].get<std::string>() + " " + one["options"].dump() + " " + one["groups"].dump();
    names.insert(one["optimizer"]);
    GoldenProblem problem;
    const GoldenOptimizer made = optimizer_for(problem, one);
    for (int t = 0; t < kGoldenSteps; ++t) {
      const double loss = problem.step(*made.optimizer, t);
      if (t % 7 == 0) {
        const double want = one["losses"][static_cast<std::size_t>(t / 7)];
        EXPECT_NEAR(loss, want, 1e-12 * std::max(1.0, want)) << what << ", loss of step " << t;
      }
    }
    std::size_t i = 0;
    for (const Parameter& parameter : {problem.w1, problem.b1, problem.w2, problem.b2}) {
      expect_golden(parameter.value(), one["parameters"][i++], what);
    }
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(GoldenSchedules, AreThoseOfPyTorch) {
  std::set<std::string> names;
  for (const json& one : golden()["schedules"]) {
    const std::string name = one["schedule"];
    names.insert(name);
    const Schedule schedule = name == "joined"
                                  ? joined({warm_up(5, constant(0.5)), exponential({.rate = 0.5, .factor = 0.9}),
                                            cosine({.rate = 0.5, .length = 30})},
                                           {5, 20})
                                  : testing::schedule_of(name, one["options"]);
    for (std::int64_t count = 0; count < kGoldenSteps; ++count) {
      EXPECT_NEAR(schedule(count), one["rates"][static_cast<std::size_t>(count)], 1e-12)
          << name << " " << one["options"].dump() << " at " << count;
    }
  }
  EXPECT_EQ(names.size(), 9U);
}

}  // namespace
}  // namespace gibbs::optim
