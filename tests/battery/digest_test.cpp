// Every sample of the registry as bits: values and gradients of ops and layers, weights after steps of optimizers, in
// float32 and float64. They are the same twice, and on any number of threads. With GIBBS_DIGESTS=FILE they are written
// as lines "name, sample, dtype: SHA-256", which scripts compare between machines, compilers and instruction sets.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/io/sha256.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/bits.h"
#include "gibbs/tensor/build_info.h"
#include "gibbs/tensor/kernels/kernels.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using Digests = std::map<std::string, std::string>;
constexpr std::array kDTypes = {DType::float32, DType::float64};

std::string digest(const Variables& values) {
  io::Sha256 sha;
  for (const Variable& value : values) {
    if (value.defined()) {
      dispatch(value.dtype(), [&](auto zero) {
        using T = decltype(zero);
        sha.update(value.value().data<T>(), static_cast<std::size_t>(value.numel()) * sizeof(T));
      });
    }
  }
  return sha.hex();
}

/// y and the gradients of its sum.
Variables with_gradients(const Variable& y, const Variables& inputs) {
  Variables all = {y};
  const Variables gradients =
      y.traced() ? grad(y, inputs, Tensor::ones(y.shape(), y.dtype()), {.allow_unused = true}) : Variables();
  all.insert(all.end(), gradients.begin(), gradients.end());
  return all;
}

std::string of_op(const Sample& sample, DType dtype) {
  Variables inputs;
  for (const Tensor& input : sample.inputs) {
    inputs.push_back(Variable::leaf(kernels::cast(input, dtype)));
  }
  return digest(with_gradients(sample.f(inputs), inputs));
}

std::string of_layer(const LayerSample& sample, DType dtype) {
  const std::unique_ptr<nn::Layer> layer = sample.make();
  nn::to(*layer, dtype);
  const nn::ForwardScope scope({.training = true, .seed = 3});
  Variables inputs = {Variable::leaf(kernels::uniform({.seed = 4}, sample.input, -1, 1, dtype))};
  for (const auto& [path, parameter] : nn::parameters(*layer)) {
    inputs.push_back(parameter);
  }
  return digest(with_gradients((*layer)(inputs[0]), inputs));
}

/// Three steps of a parameter that is large enough to be cut.
std::string of_optimizer(const OptimizerSample& sample, DType dtype) {
  Parameter w(kernels::uniform({.seed = 1}, {301, 257}, -1, 1, dtype));
  const std::unique_ptr<optim::Optimizer> optimizer = sample.make({w});
  for (int i = 0; i < 3; ++i) {
    const Variable x = w;
    backward(sum(x * x * kernels::uniform({.seed = 2}, x.shape(), -1, 1, dtype)));
    optimizer->step();
  }
  return digest({w.value()});
}

template <class Entries, class Of>
void add(Digests& all, const Entries& entries, Of of) {
  for (const auto& entry : entries) {
    for (const auto& sample : entry.samples) {
      for (const DType dtype : kDTypes) {
        all[entry.name + ", " + sample.what + ", " + name_of(dtype)] = of(sample, dtype);
      }
    }
  }
}

Digests all_digests() {
  Digests all;
  add(all, all_ops(), of_op);
  add(all, all_layers(), of_layer);
  add(all, all_optimizers(), of_optimizer);
  return all;
}

TEST(Digests, AreTheSameTwiceAndOnAnyNumberOfThreads) {
  const Bits before = bits();
  set_bits(build_info().fused ? Bits::portable : Bits::machine);
  const int threads = num_threads();
  set_num_threads(1);
  const Digests first = all_digests();
  set_num_threads(3);
  EXPECT_EQ(all_digests(), first);
  set_num_threads(threads);
  set_bits(before);
  EXPECT_GE(first.size(), 600U);
  if (const char* file = std::getenv("GIBBS_DIGESTS"); file != nullptr) {
    std::ofstream out(file);
    for (const auto& [name, hex] : first) {
      out << name << ": " << hex << '\n';
    }
    EXPECT_TRUE(out.flush());
  }
}

}  // namespace
}  // namespace gibbs::battery
