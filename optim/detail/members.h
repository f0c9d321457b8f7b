// The parameters of all groups, each once, with its group: what an optimizer makes of what it is given.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "gibbs/optim/groups.h"
#include "gibbs/tensor/run_settings.h"

namespace gibbs::optim::detail {

struct Member {
  Named<Parameter> named;
  std::size_t group;
};

/// The distinct parameters in the order given; those without a path are named after their place among all. Throws when
/// a group is empty, a parameter is in two groups, or two parameters have one path. `name` is the optimizer's.
std::vector<Member> members_of(const char* name, const std::vector<Group>& groups);

/// The weight decay of methods that have one, then one entry for each group that sets something, with the paths in it.
RunSettings settings_of(const std::vector<Group>& groups, const std::vector<Member>& members,
                        std::optional<double> weight_decay);

}  // namespace gibbs::optim::detail
