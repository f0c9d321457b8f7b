// A dataset whose pictures can be told apart: number n is 2x2x3 pixels of value n, with label n mod 5.
#pragma once

#include "gibbs/data/dataset.h"

namespace gibbs::data {

inline ImageDataset numbered_pictures(std::int64_t n) {
  ImageDataset dataset{.images = Tensor::uninitialized({n, 2, 2, 3}, DType::uint8),
                       .labels = Tensor::uninitialized({n}, DType::int64),
                       .class_names = {"a", "b", "c", "d", "e"}};
  for (std::int64_t i = 0; i < n; ++i) {
    dataset.images[i].fill(static_cast<double>(i));
    dataset.labels.set({i}, static_cast<double>(i % 5));
  }
  return dataset;
}

}  // namespace gibbs::data
