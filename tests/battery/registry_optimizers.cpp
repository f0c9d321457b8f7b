#include "gibbs/optim/optim.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

/// An optimizer with these options.
template <class Optimizer, class Options>
OptimizerSample sample(const std::string& what, const Options& options) {
  return {what, [options](const optim::Groups& groups) { return std::make_unique<Optimizer>(groups, options); }};
}

}  // namespace

const std::vector<OptimizerEntry>& all_optimizers() {
  using namespace optim;  // NOLINT: a list of its names
  static const std::vector<OptimizerEntry> all = {
      {"SGD",
       {sample<SGD>("plain", SGDOptions{}),
        sample<SGD>("nesterov", SGDOptions{.momentum = .9, .nesterov = true, .weight_decay = .01}),
        sample<SGD>("dampened", SGDOptions{.momentum = .9, .dampening = .3, .maximize = true})}},
      {"Adam",
       {sample<Adam>("plain", AdamOptions{}), sample<Adam>("keras", AdamOptions{.epsilon_mode = EpsilonMode::keras}),
        sample<Adam>("amsgrad", AdamOptions{.weight_decay = .01, .amsgrad = true})}},
      {"AdamW", {sample<AdamW>("plain", AdamWOptions{})}},
      {"RMSprop",
       {sample<RMSprop>("plain", RMSpropOptions{}),
        sample<RMSprop>("centered", RMSpropOptions{.momentum = .9, .centered = true, .weight_decay = .01})}},
      {"Adagrad", {sample<Adagrad>("plain", AdagradOptions{.lr_decay = .1})}},
      {"NAdam", {sample<NAdam>("plain", NAdamOptions{.weight_decay = .01})}},
      {"Lion", {sample<Lion>("plain", LionOptions{.weight_decay = .01})}},
      {"Muon", {sample<Muon>("plain", MuonOptions{})}},
  };
  return all;
}

}  // namespace gibbs::battery
