// What the tests of optimizers share: parameters with a chosen gradient, and a state that can be saved and restored.
#pragma once

#include <map>
#include <string>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/optim/optimizer.h"

namespace gibbs::optim {

/// Stores `gradient` as the gradient of the parameter.
inline void set_gradient(Parameter& parameter, const Tensor& gradient) {
  parameter.clear_gradient();
  backward(sum(parameter * Variable(gradient)));
}

/// Copies all state out of one optimizer, and into another.
class SavedState : public StateVisitor {
 public:
  void tensor(std::string_view name, Tensor& value) override {
    names.emplace_back(name), transfer(tensors, name, value);
  }
  void counter(std::string_view name, std::int64_t& value) override {
    names.emplace_back(name), transfer(counters, name, value);
  }
  void number(std::string_view name, double& value) override {
    names.emplace_back(name), transfer(numbers, name, value);
  }

  bool loading = false;
  std::vector<std::string> names;

 private:
  template <class T>
  void transfer(std::map<std::string, T>& stored, std::string_view name, T& value) {
    T& place = stored[std::string(name)];
    if constexpr (std::is_same_v<T, Tensor>) {
      loading ? value.copy_from(place) : void(place = value.clone());
    } else {
      loading ? void(value = place) : void(place = value);
    }
  }

  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::int64_t> counters;
  std::map<std::string, double> numbers;
};

}  // namespace gibbs::optim
