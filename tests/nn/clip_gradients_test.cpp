#include "gibbs/nn/clip_gradients.h"

#include <cmath>

#include "gibbs/tensor/parallel.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/not_finite.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::f64;
using gibbs::testing::near;
using gibbs::testing::random;

Named<Parameter> with_gradient(const std::string& path, const Tensor& gradient) {
  Parameter parameter(Tensor::zeros(gradient.shape(), gradient.dtype()));
  parameter.set_gradient(gradient);
  return {path, parameter};
}

TEST(ClipGradientNorm, ShortensAllGradientsTogether) {
  const std::vector<Named<Parameter>> parameters = {with_gradient("a", f64({3, 0})), with_gradient("b", f64({{4}}))};
  EXPECT_EQ(clip_gradient_norm(parameters, 5), 5);
  EXPECT_TRUE(near(parameters[0].item.gradient(), f64({3, 0}), 0)) << "not longer than allowed";
  EXPECT_EQ(clip_gradient_norm(parameters, 1), 5) << "the norm before";
  EXPECT_TRUE(near(parameters[0].item.gradient(), f64({0.6, 0}), 1e-15));
  EXPECT_TRUE(near(parameters[1].item.gradient(), f64({{0.8}}), 1e-15));
  EXPECT_NEAR(clip_gradient_norm(parameters, 1), 1, 1e-15);
}

TEST(ClipGradientNorm, CountsTiesOnceAndSkipsWhatIsNotTrained) {
  const Named<Parameter> tied = with_gradient("a", f64({3}));
  Named<Parameter> frozen = with_gradient("c", f64({100}));
  frozen.item.set_frozen(true);
  const std::vector<Named<Parameter>> parameters = {
      tied, {"b", tied.item}, frozen, {"d", Parameter(f64({1}))}, with_gradient("e", f64({4}))};
  EXPECT_EQ(clip_gradient_norm(parameters, 2.5), 5);
  EXPECT_EQ(tied.item.gradient().item(), 1.5);
  EXPECT_EQ(frozen.item.gradient().item(), 100);
  EXPECT_EQ(clip_gradient_norm({}, 1), 0);
}

TEST(ClipGradientNorm, IsTheSameOnAnyNumberOfThreadsAndExactBeyondTheRangeOfFloat32) {
  const std::vector<Named<Parameter>> parameters = {
      with_gradient("a", kernels::cast(random({300, 1000}, 3, 1e30, 2e30), DType::float32))};
  double expected = 0;
  for (const double v : parameters[0].item.gradient().to_vector()) {
    expected += v * v;
  }
  const int threads = num_threads();
  set_num_threads(1);
  const double one = clip_gradient_norm(parameters, 1e40);
  set_num_threads(3);
  EXPECT_EQ(clip_gradient_norm(parameters, 1e40), one);
  set_num_threads(threads);
  EXPECT_NEAR(one / std::sqrt(expected), 1, 1e-12);
}

TEST(ClipGradientNorm, OfGradientsWhoseSquaresLeaveTheRangeOfFloat64) {
  for (const double size : {1e154, 1e300, 1.7e308, 1e-154, 1e-200, 1e-300, 0x1p-1074}) {
    const std::vector<Named<Parameter>> parameters = {with_gradient("a", f64({3 * (size / 4), 0})),
                                                      with_gradient("b", f64({size})), with_gradient("c", f64({0}))};
    const double a = parameters[0].item.gradient().at({0});
    const long double norm = std::sqrt(static_cast<long double>(a) * a + static_cast<long double>(size) * size);
    const double limit = size > 1 ? 2 : 0x1p-1074;
    EXPECT_DOUBLE_EQ(clip_gradient_norm(parameters, limit), static_cast<double>(norm)) << "inf where it is too large";
    if (size > 1e-300) {
      EXPECT_DOUBLE_EQ(parameters[0].item.gradient().at({0}), static_cast<double>(a / norm * limit)) << size;
      EXPECT_DOUBLE_EQ(parameters[1].item.gradient().item(), static_cast<double>(size / norm * limit)) << size;
    }
  }
  const std::vector<Named<Parameter>> single = {with_gradient("a", Tensor::of({3e38, 3e38, 3e38, 3e38})),
                                                with_gradient("b", Tensor::of({0x1p-149}))};
  EXPECT_NEAR(clip_gradient_norm(single, 1e-3) / 6e38, 1, 1e-7);
  EXPECT_TRUE(near(single[0].item.gradient(), Tensor::full({4}, 5e-4F), 1e-12)) << "float32 holds 5e-4, but not 6e38";
}

TEST(ClipGradientNorm, DoesNotWriteToAGradientThatSomebodyHolds) {
  const Named<Parameter> parameter = with_gradient("a", f64({3}));
  const Tensor held = parameter.item.gradient();
  clip_gradient_norm({parameter}, 1);
  EXPECT_EQ(held.item(), 3);
  clip_gradient_value({parameter}, 0.5);
  EXPECT_EQ(parameter.item.gradient().item(), 0.5);
}

TEST(ClipGradientNorm, NamesTheFirstParameterWithoutALength) {
  for (const auto& [bad, text] : {std::pair(kInfinity, "inf"), std::pair(kNaN, "nan")}) {
    const std::vector<Named<Parameter>> parameters = {
        with_gradient("0.weight", f64({30})), with_gradient("0.bias", f64({1, bad})), with_gradient("1", f64({bad}))};
    std::ostringstream message;
    message << "clip_gradient_norm: the gradient of parameter '0.bias' has norm " << text
            << "; no length can be given to it. Find where it comes from with AnomalyMode, or lower the learning rate";
    EXPECT_EQ(error_of([&] { clip_gradient_norm(parameters, 1); }), message.str());
    EXPECT_EQ(parameters[0].item.gradient().item(), 30) << "nothing is changed";
  }
  for (const double limit : {0.0, -1.0, kInfinity}) {
    std::ostringstream text;
    text << "clip_gradient_norm: max_norm is " << limit << "; it must be positive and finite";
    EXPECT_EQ(error_of([&] { clip_gradient_norm({}, limit); }), text.str());
  }
}

TEST(ClipGradientValue, LimitsEveryElement) {
  const std::vector<Named<Parameter>> parameters = {with_gradient("a", f64({-3, 0.5, kInfinity})),
                                                    with_gradient("b", Tensor::of({7}))};
  clip_gradient_value(parameters, 2);
  EXPECT_TRUE(near(parameters[0].item.gradient(), f64({-2, 0.5, 2}), 0));
  EXPECT_EQ(parameters[1].item.gradient().item<float>(), 2);
  EXPECT_EQ(error_of([&] { clip_gradient_value(parameters, 0); }),
            "clip_gradient_value: max_value is 0; it must be positive and finite");
  EXPECT_EQ(error_of([&] {
              clip_gradient_value({parameters[0], with_gradient("0.bias", f64({1, kNaN}))}, 1);
            }),
            "clip_gradient_value: the gradient of parameter '0.bias' holds NaN, which no limit mends. Find where it "
            "comes from with AnomalyMode");
  EXPECT_TRUE(near(parameters[0].item.gradient(), f64({-2, 0.5, 2}), 0)) << "nothing is changed";
}

TEST(SetGradient, WantsTheParametersShapeAndDtype) {
  Parameter parameter(f64({1, 2}));
  EXPECT_EQ(error_of([&] { parameter.set_gradient(Tensor::of({1})); }),
            "set_gradient: the parameter is [2] float64, the gradient [1] float32; they must be equal");
}

}  // namespace
}  // namespace gibbs::nn
