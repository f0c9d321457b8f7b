// expect_op: everything that must hold of an op, in one call.
//
//   expect_op([](const Variables& x) { return exp(x[0]); }, {random({2, 3})},
//             [](const Tensors& x) { return build({2, 3}, [&](const Index& i) { return std::exp(at(x[0], i)); }); });
//
// What is checked is written in autograd/check_op.h: value, first and second derivatives, float32, threads, inputs,
// nodes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "gibbs/autograd/check_op.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/autograd/node.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/testing/error_of.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {

using Tensors = std::vector<Tensor>;
using Oracle = std::function<Tensor(const Tensors&)>;

struct ExpectOpOptions {
  double tolerance = 1e-12;         // of values in float64
  double float32_tolerance = 2e-5;  // of values and gradients in float32
  bool repeated_input = true;       // f(x, x) makes sense
};

/// f at `inputs` (float64, off f's kinks) against the oracle, and everything else that check_op looks at.
inline void expect_op(const DifferentiableFunction& f, const Tensors& inputs, const Oracle& oracle,
                      const ExpectOpOptions& options = {}, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE()) {
  const ::testing::ScopedTrace trace(file, line, "expect_op");
  const CheckReport report = check_op("expect_op", f, inputs,
                                      {.oracle = oracle,
                                       .tolerance = options.tolerance,
                                       .float32_tolerance = options.float32_tolerance,
                                       .repeated_input = options.repeated_input});
  EXPECT_TRUE(report) << report;
}

}  // namespace gibbs::testing
