// Variables: constants and leaves, the tape's switch, and the guard on overwritten tensors.
#include "gibbs/autograd/variable.h"

#include <sstream>
#include <thread>

#include "gibbs/autograd/node.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

TEST(Variable, ConstantsLeavesAndUndefined) {
  const Variable constant = f64({1, 2}), leaf = Variable::leaf(f64({1, 2})), nothing;
  EXPECT_FALSE(constant.traced());
  EXPECT_TRUE(leaf.traced());
  EXPECT_FALSE(nothing.defined());
  EXPECT_FALSE(leaf.detach().traced());
  EXPECT_TRUE(leaf.detach().value().shares_storage_with(leaf.value()));
  EXPECT_EQ(leaf.shape(), Shape({2}));
  EXPECT_EQ(leaf.dtype(), DType::float64);
}

TEST(Variable, PrintsItsNumbers) {
  std::ostringstream out;
  out << Variable::leaf(f64({1, 2})) << " and " << Variable();
  EXPECT_EQ(out.str(), "[1. 2.] and undefined");
}

TEST(Variable, OnlyFloatingTensorsAreLeaves) {
  EXPECT_EQ(error_of([] { Variable::leaf(Tensor::of({1}, DType::int64)); }),
            "Variable::leaf: needs a float32 or float64 tensor, not int64");
  EXPECT_NE(error_of([] { Variable::leaf({}); }), "");
}

TEST(Variable, OnlyLeavesStoreGradients) {
  const Variable y = exp(Variable::leaf(f64({1})));
  EXPECT_EQ(error_of([&] { (void)y.gradient(); }),
            "gradient: only leaves store gradients; make one with Variable::leaf, or use grad()");
  EXPECT_EQ(error_of([] { Variable(f64({1})).clear_gradient(); }),
            "clear_gradient: only leaves store gradients; make one with Variable::leaf, or use grad()");
  EXPECT_FALSE(Variable::leaf(f64({1})).gradient().defined());
}

TEST(Variable, AnOverwrittenValueIsAnErrorNotAWrongNumber) {
  Tensor x = f64({1, 2});
  const Variable before = x;
  x.fill(3);
  EXPECT_EQ(error_of([&] { (void)before.value(); }),
            "saved tensor of shape [2] was overwritten in place after it was recorded; clone it before writing");
  EXPECT_EQ(Variable(x).value().to_vector(), (std::vector<double>{3, 3}));
}

TEST(Variable, DetachedFactorsAreConstants) {
  const Variable x = Variable::leaf(f64({3}));
  EXPECT_EQ(grad(x * x.detach(), {x})[0].value().item(), 3);
  EXPECT_EQ(error_of([&] { grad(exp(x.detach()), {x}); }),
            "grad: y does not depend on input 0; pass .allow_unused = true for zeros");
}

TEST(Tape, SwitchesOffForABlockOnThisThreadOnly) {
  const Variable x = Variable::leaf(f64({1}));
  {
    const NoTape no_tape;
    EXPECT_FALSE(exp(x).traced());
    bool other_thread = false;
    std::thread([&] { other_thread = exp(x).traced(); }).join();
    EXPECT_TRUE(other_thread);
    const TapeScope again(true);
    EXPECT_TRUE(exp(x).traced());
  }
  EXPECT_TRUE(tape_is_on());
  EXPECT_TRUE(exp(x).traced());
}

TEST(Tape, OpsOnConstantsMakeNoNodes) {
  const std::int64_t before = Node::alive();
  const Variable y = exp(f64({1, 2})) * f64({3, 4});
  EXPECT_FALSE(y.traced());
  EXPECT_EQ(Node::alive(), before);
}

}  // namespace
}  // namespace gibbs::testing
