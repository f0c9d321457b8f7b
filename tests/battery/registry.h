// The registry: ops of the library, with inputs to try each on, an oracle, and calls that must be refused. What runs on
// it is in ops_test.cpp and mutants_test.cpp.
//
// A new op is one more OpEntry in the file of its family.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gibbs/autograd/check_op.h"
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
OpEntries softmax_entries();

/// All of them.
const OpEntries& all_ops();

}  // namespace gibbs::battery
