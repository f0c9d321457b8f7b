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

/// u + fan_in + fan_out for uniform u, which tells what the initializer was given.
Tensor noisy(const Shape& shape, std::int64_t fan_in, std::int64_t fan_out, RandomKey key) {
  const auto fans = static_cast<double>(fan_in + fan_out);
  return kernels::uniform(key, shape, fans, fans + 1);
}

Parameter pending_matrix() { return Parameter::pending({2, 3}, noisy, 2, 3); }

TEST(PendingParameter, HasAShapeAndNoNumbers) {
  Parameter w = pending_matrix();
  EXPECT_TRUE(w.defined());
  EXPECT_TRUE(w.is_pending());
  EXPECT_EQ(w.shape(), Shape({2, 3}));
  EXPECT_EQ(w.dtype(), DType::float32);
  const std::string sentence = "Parameter: float32 [2, 3] has no numbers yet; call nn::initialize(model, seed) first";
  EXPECT_EQ(error_of([&] { w.value(); }), sentence);
  EXPECT_EQ(error_of([&] { w.variable(); }), sentence);
  EXPECT_EQ(error_of([&] { sum(w); }), sentence);
  EXPECT_EQ(error_of([&] { w.mutable_value(); }), sentence);
  EXPECT_EQ(error_of([&] { w.gradient(); }), sentence);
  EXPECT_EQ(error_of([&] { w.clear_gradient(); }), sentence);
  EXPECT_EQ(error_of([&] { w.set_gradient(Tensor::ones({2, 3})); }), sentence);
  EXPECT_EQ(error_of([&] { w.on_gradient([](const Variable& dy) { return dy; }); }), sentence);
}

TEST(PendingParameter, GetsItsNumbersFromAKeyOnce) {
  Parameter w = pending_matrix();
  const Parameter copy = w;
  w.initialize({.seed = 7});
  EXPECT_FALSE(copy.is_pending());
  EXPECT_EQ(copy.value().to_vector(), noisy({2, 3}, 2, 3, {.seed = 7}).to_vector());
  w.initialize({.seed = 8});
  EXPECT_EQ(copy.value().to_vector(), noisy({2, 3}, 2, 3, {.seed = 7}).to_vector());
  backward(sum(square(w)));
  EXPECT_TRUE(near(copy.gradient(), kernels::mul(w.value(), 2), 0));

  Parameter made(f64({1, 2}));
  EXPECT_FALSE(made.is_pending());
  made.initialize({.seed = 7});
  EXPECT_EQ(made.value().to_vector(), (std::vector<double>{1, 2}));
}

TEST(PendingParameter, IsFrozenConvertedClonedAndReplacedLikeAnyOther) {
  Parameter w = pending_matrix();
  w.set_frozen(true);
  w.convert(DType::float64);
  EXPECT_EQ(w.dtype(), DType::float64);
  Parameter copy = w.clone();
  EXPECT_FALSE(copy.same_as(w));
  copy.initialize({.seed = 7});
  EXPECT_TRUE(w.is_pending()) << "a clone's numbers are its own";
  EXPECT_TRUE(copy.frozen());
  EXPECT_EQ(copy.dtype(), DType::float64);
  EXPECT_EQ(copy.value().to_vector(), noisy({2, 3}, 2, 3, {.seed = 7}).to_vector()) << "drawn, then converted";
  w.replace(f64({1}));
  EXPECT_FALSE(w.is_pending());
  EXPECT_EQ(w.shape(), Shape({1}));
  EXPECT_EQ(error_of([] { pending_matrix().convert(DType::int64); }),
            "Parameter: it can be float32 or float64, not int64");
}

TEST(PendingParameter, Refusals) {
  EXPECT_EQ(error_of([] { Parameter::pending({2}, {}, 1, 1); }), "Parameter::pending: there is no initializer for [2]");
  Parameter wrong = Parameter::pending(
      {2}, [](const Shape&, std::int64_t, std::int64_t, RandomKey) { return Tensor::ones({3}); }, 1, 1);
  EXPECT_EQ(error_of([&] { wrong.initialize({}); }),
            "Parameter: the initializer of [2] gave [3]; it must give what it is asked for");
  Parameter nothing = Parameter::pending(
      {2}, [](const Shape&, std::int64_t, std::int64_t, RandomKey) { return Tensor(); }, 1, 1);
  EXPECT_EQ(error_of([&] { nothing.initialize({}); }),
            "Parameter: the initializer of [2] gave an undefined tensor; it must give what it is asked for");
  EXPECT_TRUE(nothing.is_pending());
}

TEST(Parameter, CloneIsAnotherWithTheSameNumbers) {
  Parameter w(f64({1, 2}));
  w.set_frozen(true);
  Parameter copy = w.clone();
  EXPECT_TRUE(copy.frozen());
  copy.mutable_value().fill(5);
  EXPECT_EQ(w.value().to_vector(), (std::vector<double>{1, 2}));
}

TEST(Parameter, Refusals) {
  EXPECT_EQ(error_of([] { Parameter(Tensor::of({1}, DType::int64)); }),
            "Variable::leaf: needs a float32 or float64 tensor, not int64");
  const std::string sentence = "Parameter: it has no value yet; construct it from a tensor";
  EXPECT_EQ(error_of([] { Parameter().variable(); }), sentence);
  EXPECT_EQ(error_of([] { Parameter().value(); }), sentence);
  EXPECT_EQ(error_of([] { Parameter().shape(); }), sentence);
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
