// Pooling with overlapping, padded and rectangular windows, against loops over windows.
#include "gibbs/autograd/ops/pool2d.h"

#include <algorithm>
#include <numeric>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::testing {
namespace {

using kernels::Pool2dOptions;

struct Case {
  const char* name;
  Shape x;
  Pool2dOptions options;
};

const Case kCases[] = {
    {"plain", {2, 4, 4, 2}, {}},
    {"last row and column unused", {1, 5, 3, 1}, {}},
    {"overlapping", {1, 5, 5, 1}, {.window_h = 3, .window_w = 3, .stride_h = 2, .stride_w = 1}},
    {"padded", {1, 4, 3, 2}, {.window_h = 3, .window_w = 2, .stride_h = 2, .stride_w = 2, .pads = {1, 1, 0, 1}}},
    {"gaps between windows", {1, 5, 4, 1}, {.window_h = 1, .window_w = 2, .stride_h = 3, .stride_w = 2}},
    {"no images", {0, 4, 4, 1}, {}},
};

double largest(const std::vector<double>& window) { return *std::max_element(window.begin(), window.end()); }
double mean_of(const std::vector<double>& window) {
  return std::accumulate(window.begin(), window.end(), 0.0) / static_cast<double>(window.size());
}

TEST(Pool2d, MaxAndAverage) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    expect_op([&](const Variables& x) { return max_pool2d(x[0], c.options); }, {random(c.x)},
              [&](const Tensors& x) { return pooled(x[0], c.options, largest); });
    expect_op([&](const Variables& x) { return avg_pool2d(x[0], c.options); }, {random(c.x)},
              [&](const Tensors& x) { return pooled(x[0], c.options, mean_of); });
  }
}

TEST(Pool2d, SecondDerivativesThroughNonlinearFunctions) {
  const Pool2dOptions overlapping = {.window_h = 3, .window_w = 3, .stride_h = 1, .stride_w = 1};
  for (const auto& pool : {max_pool2d, avg_pool2d}) {
    const auto f = [&](const Variables& x) { return square(pool(exp(x[0]), overlapping)); };
    const GradcheckReport second = gradgradcheck(f, {random({1, 4, 4, 1})});
    EXPECT_TRUE(second.ok) << second.message;
  }
}

TEST(Pool2d, TiesGoToTheFirst) {
  const Variable x = Variable::leaf(Tensor::ones({1, 2, 2, 1}, DType::float64));
  EXPECT_EQ(grad(sum(max_pool2d(x)), {x})[0].value().to_vector(), (std::vector<double>{1, 0, 0, 0}));
}

}  // namespace
}  // namespace gibbs::testing
