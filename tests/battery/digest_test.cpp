// Every sample of the registry as bits: values and gradients of ops and layers, weights after steps of optimizers, in
// float32 and float64. They are the same twice, and on any number of threads. With GIBBS_DIGESTS=FILE they are written
// as lines "name, sample, dtype: SHA-256", which scripts compare between machines, compilers and instruction sets.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/io/sha256.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/divergence_losses.h"
#include "gibbs/losses/kl_divergence.h"
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

/// Sizes at which kernels take their other methods: the registry's samples are small.
struct LargeSample {
  std::string what;
  std::vector<Shape> shapes;
  std::function<Variable(const Variables&)> f;
};

std::vector<LargeSample> large_samples() {
  const auto convolution = [](const std::string& what, const Shape& x, const Shape& w,
                              const kernels::Conv2dOptions& options) {
    return LargeSample{what, {x, w}, [options](const Variables& in) { return conv2d(in[0], in[1], options); }};
  };
  const auto loss = [](const std::string& what, auto of) {
    return LargeSample{what, {{3, 700}, {3, 700}}, [of](const Variables& in) {
                         return of(losses::Target(softmax(in[0])), 9 * in[1], losses::CategoricalOptions{});
                       }};
  };
  return {
      convolution("Winograd", {2, 9, 8, 32}, {3, 3, 32, 48}, {.pads = {1, 1, 1, 1}}),
      convolution("direct, stride 2", {2, 13, 12, 16}, {3, 3, 16, 96}, {.stride_h = 2, .stride_w = 2}),
      convolution("one product", {1, 3, 3, 230}, {3, 3, 230, 260}, {.pads = {1, 1, 1, 1}}),
      convolution("bands of rows", {1, 45, 20, 60}, {5, 5, 60, 3}, {}),
      {"a product of many tiles", {{150, 700}, {700, 130}}, [](const Variables& in) { return matmul(in[0], in[1]); }},
      loss("cross entropy of long rows", losses::cross_entropy_with_logits),
      loss("KL divergence of long rows", losses::kl_divergence_with_logits),
      loss("JS divergence of long rows", losses::js_divergence_with_logits)};
}

std::string of_large(const LargeSample& sample, DType dtype) {
  Variables inputs;
  for (const Shape& shape : sample.shapes) {
    inputs.push_back(Variable::leaf(kernels::uniform({.seed = 5 + inputs.size()}, shape, -1, 1, dtype)));
  }
  return digest(with_gradients(sample.f(inputs), inputs));
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
  for (const LargeSample& sample : large_samples()) {
    for (const DType dtype : kDTypes) {
      all["large: " + sample.what + ", " + name_of(dtype)] = of_large(sample, dtype);
    }
  }
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
