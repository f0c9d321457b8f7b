// A thing with its path in a model, such as "0.weight": names joined by dots from the root.
#pragma once

#include <string>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs {

template <class T>
struct Named {
  std::string path;
  T item;
};

using NamedTensors = std::vector<Named<Tensor>>;

}  // namespace gibbs
