// A thing with its path in a model, such as "0.weight": names joined by dots from the root.
#pragma once

#include <string>

namespace gibbs::nn {

template <class T>
struct Named {
  std::string path;
  T item;
};

}  // namespace gibbs::nn
