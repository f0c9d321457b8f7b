#include "gibbs/optim/detail/members.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gibbs/tensor/error.h"

namespace gibbs::optim::detail {
namespace {

void check_paths_differ(const char* name, const std::vector<Member>& members) {
  std::unordered_set<std::string> paths;
  for (const auto& [named, group] : members) {
    check(paths.insert(named.path).second, name, ": two parameters have the path '", named.path,
          "', which their state is named after; give those of one model another with Parameters::prefixed");
  }
}

}  // namespace

std::vector<Member> members_of(const char* name, const std::vector<Group>& groups) {
  std::vector<Member> members;
  std::unordered_map<const void*, std::size_t> places;
  std::string in_two;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    check(groups.size() == 1 || groups[g].parameters.size() > 0, name, ": group ", g, " has no parameters");
    for (const auto& [path, parameter] : groups[g].parameters) {
      const auto [entry, is_new] = places.try_emplace(parameter.id(), members.size());
      if (is_new) {
        members.push_back({{path.empty() ? std::to_string(members.size()) : path, parameter}, g});
      } else if (const Member& first = members[entry->second]; first.group != g) {
        in_two +=
            fmt::format("{}'{}' is in groups {} and {}", in_two.empty() ? "" : ", ", first.named.path, first.group, g);
      }
    }
  }
  check(!members.empty(), name, ": there are no parameters to optimize");
  check(in_two.empty(), name, ": parameter ", in_two, "; take it out of one with Parameters::without");
  check_paths_differ(name, members);
  return members;
}

RunSettings settings_of(const std::vector<Group>& groups, const std::vector<Member>& members,
                        std::optional<double> weight_decay) {
  RunSettings all;
  if (weight_decay) {
    all.emplace_back("weight decay", fmt::format("{}", *weight_decay));
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const Group& group = groups[g];
    if (group.rate_scale == 1 && !group.weight_decay) {
      continue;
    }
    std::string text = fmt::format("rate scale {}", group.rate_scale);
    if (group.weight_decay) {
      text += fmt::format(", weight decay {}", *group.weight_decay);
    }
    char separator = ':';
    for (const Member& member : members) {
      if (member.group == g) {
        text += fmt::format("{} {}", std::exchange(separator, ','), member.named.path);
      }
    }
    all.emplace_back(fmt::format("optimizer's group {}", g), text);
  }
  return all;
}

}  // namespace gibbs::optim::detail
