#include "gibbs/optim/adam.h"
#include "gibbs/optim/sgd.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {

const std::vector<OptimizerEntry>& all_optimizers() {
  using optim::Groups;
  using Made = std::unique_ptr<optim::Optimizer>;
  static const std::vector<OptimizerEntry> all = {
      {"SGD",
       {{"plain", [](const Groups& groups) -> Made { return std::make_unique<optim::SGD>(groups); }},
        {"nesterov",
         [](const Groups& groups) -> Made {
           return std::make_unique<optim::SGD>(
               groups, optim::SGDOptions{.momentum = .9, .nesterov = true, .weight_decay = .01});
         }}}},
      {"Adam",
       {{"plain", [](const Groups& groups) -> Made { return std::make_unique<optim::Adam>(groups); }},
        {"keras",
         [](const Groups& groups) -> Made {
           return std::make_unique<optim::Adam>(groups, optim::AdamOptions{.epsilon_mode = optim::EpsilonMode::keras});
         }}}},
      {"AdamW", {{"plain", [](const Groups& groups) -> Made { return std::make_unique<optim::AdamW>(groups); }}}},
  };
  return all;
}

}  // namespace gibbs::battery
