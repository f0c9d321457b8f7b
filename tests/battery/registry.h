// The registry: every op and every layer of the library, with inputs to try it on, an oracle for each, and calls that
// must be refused; and every optimizer, whose oracles are in tests/optim. What runs on it is in ops_test.cpp,
// layers_test.cpp, mutants_test.cpp and digest_test.cpp; completeness_test.cpp sees to it that nothing declared in the
// library's headers is missing.
//
// A new op is one more OpEntry, a new layer one more LayerEntry, in the file of its family.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gibbs/autograd/check_op.h"
#include "gibbs/nn/module.h"
#include "gibbs/optim/groups.h"
#include "gibbs/optim/optimizer.h"
#include "tests/testing/oracle.h"

namespace gibbs::battery {

using Tensors = std::vector<Tensor>;
using Oracle = std::function<Tensor(const Tensors&)>;

struct SampleOptions {
  double tolerance = 1e-12;
  double float32_tolerance = 2e-5;
  /// Off where f(x, x) makes no sense.
  bool repeated_input = true;
  /// f repeats smaller inputs to the shape of its result, as element-wise ops do: mutants may do it wrong.
  bool broadcasts = false;
  /// Off where f calls other ops besides, which refuse in names of their own.
  bool alone = true;
};

/// An op at work: what it is tried on ("[2, 1] with [3]"), and what it should give, by loops in float64.
struct Sample {
  std::string what;
  DifferentiableFunction f;
  Tensors inputs;
  Oracle oracle;
  SampleOptions options = {};
};

/// A call that is refused with exactly this text.
struct Refusal {
  std::function<void()> call;
  std::string message;
};

/// An op under the name that its header declares; those of losses/ begin with "losses::".
struct OpEntry {
  std::string name;
  std::vector<Sample> samples;
  std::vector<Refusal> refusals;
  bool refuses_nothing = false;  // it takes tensors of every shape and dtype
};
using OpEntries = std::vector<OpEntry>;

OpEntries arithmetic_entries();
OpEntries math_entries();
OpEntries reduce_entries();
OpEntries layout_entries();
OpEntries indexing_entries();
OpEntries linalg_entries();
OpEntries image_entries();
OpEntries norm_entries();
OpEntries softmax_entries();
OpEntries measure_entries();
OpEntries joint_entries();
OpEntries categorical_entries();
OpEntries binary_entries();
OpEntries regression_entries();
OpEntries term_entries();
OpEntries keras_entries();
OpEntries compat_entries();

/// All of them.
const OpEntries& all_ops();

/// A layer at work.
struct LayerSample {
  std::string what;
  std::function<std::unique_ptr<nn::Layer>()> make;
  Shape input;
  /// What it gives in evaluation for x, by loops in float64; all parameters are float64 then.
  std::function<Tensor(nn::Layer& layer, const Tensor& x)> oracle;
};

/// A layer under its class's name.
struct LayerEntry {
  std::string name;
  std::vector<LayerSample> samples;
  std::vector<Refusal> refusals;
};
const std::vector<LayerEntry>& all_layers();
std::vector<LayerEntry> norm_layers();
std::vector<LayerEntry> container_layers();
std::vector<LayerEntry> shape_layers();
std::vector<LayerEntry> convolution_layers();

struct OptimizerSample {
  std::string what;
  std::function<std::unique_ptr<optim::Optimizer>(const optim::Groups&)> make;
};

/// An optimizer under its class's name.
struct OptimizerEntry {
  std::string name;
  std::vector<OptimizerSample> samples;
};
const std::vector<OptimizerEntry>& all_optimizers();

}  // namespace gibbs::battery
