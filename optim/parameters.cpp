#include "gibbs/optim/parameters.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gibbs/tensor/error.h"

namespace gibbs::optim {

Parameters::Parameters(const std::vector<Parameter>& bare) {
  for (const Parameter& parameter : bare) {
    named_.push_back({"", parameter});
  }
}

Parameters Parameters::below(std::string_view path) const {
  const std::string start = path.empty() ? std::string() : std::string(path).append(".");
  return selected([&](const Named<Parameter>& named) { return named.path == path || named.path.starts_with(start); },
                  std::string("below('").append(path) + "'): no parameter is at or below this path");
}

Parameters Parameters::called(std::string_view name) const {
  const std::string end = std::string(".").append(name);
  return selected([&](const Named<Parameter>& named) { return named.path == name || named.path.ends_with(end); },
                  std::string("called('").append(name) + "'): no parameter has this name");
}

Parameters Parameters::where(const std::function<bool(const Named<Parameter>&)>& wanted) const {
  return selected(wanted, "where: no parameter meets the condition");
}

Parameters Parameters::without(const Parameters& others) const {
  const auto is_other = [&](const Named<Parameter>& named) {
    return std::any_of(others.begin(), others.end(),
                       [&](const Named<Parameter>& other) { return other.item.same_as(named.item); });
  };
  return selected(std::not_fn(is_other), "without: no parameter is left");
}

Parameters Parameters::prefixed(std::string_view prefix) const {
  Parameters result = *this;
  for (auto& [path, parameter] : result.named_) {
    path = std::string(prefix).append(path.empty() ? "" : ".").append(path);
  }
  return result;
}

Parameters Parameters::selected(const std::function<bool(const Named<Parameter>&)>& wanted,
                                const std::string& description) const {
  std::vector<Named<Parameter>> found;
  std::copy_if(named_.begin(), named_.end(), std::back_inserter(found), wanted);
  std::string known;
  for (const auto& [path, parameter] : named_) {
    known.append(known.empty() ? "" : ", ").append(path.empty() ? "one without a path" : path);
  }
  check(!found.empty(), "Parameters::", description, "; there are ", known.empty() ? "none" : known);
  return found;
}

}  // namespace gibbs::optim
