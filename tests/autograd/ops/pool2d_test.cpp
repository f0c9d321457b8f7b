// Pooling at ties. Values and gradients are checked in tests/battery/registry_image.cpp.
#include "gibbs/autograd/ops/pool2d.h"

#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

TEST(Pool2d, TiesGoToTheFirst) {
  const Variable x = Variable::leaf(Tensor::ones({1, 2, 2, 1}, DType::float64));
  EXPECT_EQ(grad(sum(max_pool2d(x)), {x})[0].value().to_vector(), (std::vector<double>{1, 0, 0, 0}));
}

}  // namespace
}  // namespace gibbs::testing
