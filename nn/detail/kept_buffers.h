// A module's buffers, put back: for checks that run a layer many times and must find it the same each time, though a
// training pass writes to buffers (running averages, counts).
#pragma once

#include <vector>

#include "gibbs/nn/module.h"

namespace gibbs::nn::detail {

class KeptBuffers {
 public:
  /// Remembers the numbers of now.
  explicit KeptBuffers(Module& module) : buffers_(named_buffers(module)) {
    std::erase_if(buffers_, [](const auto& buffer) { return !buffer.item.defined(); });
    for (const auto& [path, buffer] : buffers_) {
      numbers_.push_back(buffer.value().clone());
    }
  }
  KeptBuffers(const KeptBuffers&) = delete;
  KeptBuffers& operator=(const KeptBuffers&) = delete;
  ~KeptBuffers() { put_back(); }

  void put_back() {
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
      buffers_[i].item.replace(numbers_[i].clone());
    }
  }

 private:
  std::vector<Named<Buffer>> buffers_;
  std::vector<Tensor> numbers_;
};

}  // namespace gibbs::nn::detail
