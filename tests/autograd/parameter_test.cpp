// Parameters and buffers: shared handles, freezing, and graphs that notice in-place writes.
#include "gibbs/autograd/parameter.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

const char* const kOverwritten =
    "saved tensor of shape [2] was overwritten in place after it was recorded; clone it before writing";

TEST(Parameter, TakesGradientsWhereverItIsUsed) {
  Parameter w(f64({1, 2}));
  EXPECT_FALSE(w.gradient().defined());
  backward(sum(square(w) * w));
  EXPECT_TRUE(near(w.gradient(), f64({3, 12}), 0));
  backward(sum(w * 1.0));
  EXPECT_TRUE(near(w.gradient(), f64({4, 13}), 0));
  w.clear_gradient();
  EXPECT_FALSE(w.gradient().defined());
}

TEST(Parameter, CopiesAreTheSameParameter) {
  const Parameter w(f64({1, 2})), copy = w, other(f64({1, 2}));
  EXPECT_TRUE(w.same_as(copy));
  EXPECT_EQ(w.id(), copy.id());
  EXPECT_FALSE(w.same_as(other));
  backward(sum(w * copy));
  EXPECT_TRUE(near(copy.gradient(), f64({2, 4}), 0));
}

TEST(Parameter, OverwritingInvalidatesEarlierGraphs) {
  Parameter w(f64({1, 2}));
  const Variable before = sum(square(w));
  w.mutable_value().fill(5);
  EXPECT_EQ(error_of([&] { backward(before); }), kOverwritten);
  backward(sum(square(w)));
  EXPECT_TRUE(near(w.gradient(), f64({10, 10}), 0));
}

TEST(Parameter, OverwritingDoesNotInvalidateWhatDoesNotReadIt) {
  Parameter w(f64({1, 2}));
  const Variable y = sum(w * 3.0);
  w.mutable_value().fill(5);
  backward(y);
  EXPECT_TRUE(near(w.gradient(), f64({3, 3}), 0));
}

TEST(Parameter, FrozenOnesAreConstants) {
  Parameter w(f64({1, 2})), v(f64({3, 4}));
  w.set_frozen(true);
  EXPECT_FALSE(w.variable().traced());
  backward(sum(w * v));
  EXPECT_FALSE(w.gradient().defined());
  EXPECT_TRUE(near(v.gradient(), f64({1, 2}), 0));
  w.set_frozen(false);
  backward(sum(w * v));
  EXPECT_TRUE(near(w.gradient(), f64({3, 4}), 0));
}

TEST(Parameter, ReplacingMayChangeShapeAndDtype) {
  Parameter w(f64({1, 2}));
  const Parameter copy = w;
  backward(sum(square(w)));
  w.replace(Tensor::of({{1, 2, 3}}));
  EXPECT_EQ(copy.shape(), Shape({1, 3}));
  EXPECT_FALSE(copy.gradient().defined());
  backward(sum(square(w)));
  EXPECT_EQ(copy.gradient().dtype(), DType::float32);
}

TEST(Parameter, Refusals) {
  EXPECT_EQ(error_of([] { Parameter(Tensor::of({1}, DType::int64)); }),
            "Variable::leaf: needs a float32 or float64 tensor, not int64");
  EXPECT_EQ(error_of([] { Parameter().variable(); }), "Parameter: it has no value yet; construct it from a tensor");
}

TEST(Buffer, IsSharedAndHasNoGradient) {
  Buffer mean(f64({1, 2}));
  Buffer copy = mean;
  const Variable x = Variable::leaf(f64({3, 4}));
  const Variable y = sum(x * Variable(mean.value()));
  copy.mutable_value().fill(0);
  EXPECT_EQ(mean.value().to_vector(), (std::vector<double>{0, 0}));
  EXPECT_EQ(error_of([&] { backward(y); }), kOverwritten);
  copy.replace(f64({7}));
  EXPECT_EQ(mean.value().item(), 7);
  EXPECT_TRUE(mean.same_as(copy));
  EXPECT_FALSE(Buffer().defined());
}

}  // namespace
}  // namespace gibbs::testing
