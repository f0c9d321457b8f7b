#include "gibbs/optim/several.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <utility>

namespace gibbs::optim {
namespace {

/// The parameters of all. Throws when one of them is in two.
std::vector<Named<Parameter>> parameters_of(const std::vector<Optimizer*>& optimizers) {
  check(!optimizers.empty(), "Several: there are no optimizers");
  std::vector<Named<Parameter>> all;
  std::unordered_map<const void*, std::size_t> owners;
  std::string in_two;
  for (std::size_t k = 0; k < optimizers.size(); ++k) {
    check(optimizers[k] != nullptr, "Several: optimizer ", k, " is null");
    for (const Named<Parameter>& named : optimizers[k]->parameters()) {
      const auto [owner, is_new] = owners.try_emplace(named.item.id(), k);
      if (is_new) {
        all.push_back(named);
      } else {
        in_two += fmt::format("{}'{}' is in {} ({}) and {} ({})", in_two.empty() ? "" : ", ", named.path, owner->second,
                              optimizers[owner->second]->name(), k, optimizers[k]->name());
      }
    }
  }
  check(in_two.empty(), "Several: parameter ", in_two,
        ", and would be stepped twice; take it out of one with Parameters::without");
  return all;
}

}  // namespace

Several::Several(std::vector<Optimizer*> optimizers)
    : Optimizer("Several", parameters_of(optimizers), /*learning_rate=*/1), optimizers_(std::move(optimizers)) {
  for (Optimizer* optimizer : optimizers_) {
    optimizer->set_learning_rate(optimizer->first_learning_rate());
  }
}

void Several::set_learning_rate(double scale) {
  Optimizer::set_learning_rate(scale);
  for (Optimizer* optimizer : optimizers_) {
    optimizer->set_learning_rate(optimizer->first_learning_rate() * scale);
  }
}

void Several::take_step() {
  for (Optimizer* optimizer : optimizers_) {
    optimizer->step();
  }
}

void Several::begin_evaluation() {
  for (Optimizer* optimizer : optimizers_) {
    optimizer->begin_evaluation();
  }
}

void Several::end_evaluation() {
  for (Optimizer* optimizer : optimizers_) {
    optimizer->end_evaluation();
  }
}

void Several::visit_state(StateVisitor& visitor) {
  Optimizer::visit_state(visitor);
  for (std::size_t k = 0; k < optimizers_.size(); ++k) {
    PrefixedVisitor prefixed(fmt::format("{}/", k), visitor);
    optimizers_[k]->visit_state(prefixed);
  }
}

RunSettings Several::settings() const {
  RunSettings all = Optimizer::settings();
  for (std::size_t k = 0; k < optimizers_.size(); ++k) {
    for (auto& [name, value] : optimizers_[k]->settings()) {
      all.emplace_back(fmt::format("{}/{}", k, name), value);
    }
  }
  return all;
}

}  // namespace gibbs::optim
