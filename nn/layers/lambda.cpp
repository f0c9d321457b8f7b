#include "gibbs/nn/layers/lambda.h"

#include <utility>

#include "gibbs/nn/forward.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::nn {

Lambda::Lambda(std::string name, std::function<Variable(const Variable&)> function)
    : name_(std::move(name)), function_(std::move(function)) {
  check(!name_.empty() && printable(name_) == name_, "Lambda: the name must be a line of text, not '", printable(name_),
        "'; summaries and saved models show it");
  check(function_ != nullptr, "Lambda: '", name_, "' has no function; give one, [](const Variable& x) { ... }");
}

std::unique_ptr<Module> Lambda::share() const { return std::make_unique<Lambda>(*this); }

Variable Lambda::forward(const Variable& x) {
  Variable y;
  try {
    y = function_(x);
  } catch (const Error& error) {
    fail("Lambda: ", forward_name(), " ('", name_, "'): ", error.what());
  }
  check(y.defined(), "Lambda: ", forward_name(), " ('", name_, "') returned an undefined Variable");
  return y;
}

}  // namespace gibbs::nn
