#include "gibbs/optim/muon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"
#include "tests/optim/testing.h"

namespace gibbs::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

Tensor some(const Shape& shape, std::uint64_t seed, DType dtype = DType::float64) {
  return kernels::normal({.seed = seed}, shape, 0, 1, dtype);
}

/// The weight after a step from zeros under this gradient.
Tensor first_step(const Tensor& gradient, const MuonOptions& options) {
  Parameter w(Tensor::zeros(gradient.shape(), gradient.dtype()));
  Muon muon({w}, options);
  set_gradient(w, gradient);
  muon.step();
  return w.value();
}

TEST(Muon, AStepIsAnOrthogonalMatrix) {
  // 3x/2 - x^3/2 converges to 1, quadratically: the step is then -U V^T exactly, and what it is multiplied with
  // makes 1.
  const MuonOptions options = {.learning_rate = 1, .ns_coefficients = {1.5, -0.5, 0}, .ns_steps = 60};
  for (const Shape& shape : {Shape{3, 7}, Shape{7, 3}, Shape{4, 4}}) {
    const Tensor step = first_step(some(shape, 1), options);
    const bool wide = shape[0] <= shape[1];
    const Tensor gram = kernels::matmul(step, step, {.a = !wide, .b = wide});
    const double square = std::max(1.0, static_cast<double>(shape[1]) / static_cast<double>(shape[0]));
    for (std::int64_t i = 0; i < gram.size(0); ++i) {
      for (std::int64_t j = 0; j < gram.size(0); ++j) {
        EXPECT_NEAR(gram.at({i, j}), i == j ? square : 0, 1e-12) << shape;
      }
    }
  }
}

TEST(Muon, AConvolutionIsTheMatrixOfItsPatches) {
  const Tensor g = some({3, 2, 4, 5}, 2);
  EXPECT_EQ(first_step(g, {}).to_vector(), first_step(g.reshape({24, 5}), {}).to_vector());
}

TEST(Muon, TheSizeOfTheGradientDoesNotCount) {
  const Tensor g = some({4, 3}, 3, DType::float32);
  const std::vector<double> expected = first_step(g, {.epsilon = 1e-30}).to_vector();
  for (const double size : {1e-15, 1e15, 1e30}) {  // squares of the last leave float32
    EXPECT_THAT(first_step(g * size, {.epsilon = 1e-30}).to_vector(),
                ::testing::Pointwise(::testing::DoubleNear(1e-6), expected));
  }
  EXPECT_THAT(first_step(Tensor::zeros({2, 2}), {}).to_vector(), ElementsAre(0, 0, 0, 0));
}

TEST(Muon, TheSameBitsOnAnyNumberOfThreadsAndAfterARestore) {
  const int before = num_threads();
  std::vector<std::vector<double>> results;
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    Parameter w(some({130, 70}, 4, DType::float32));
    SavedState state;
    for (int i = 0; i < 3; ++i) {  // each with another optimizer, which goes on from the state of the one before
      Muon muon({w});
      state.loading = i > 0;
      muon.visit_state(state);
      set_gradient(w, some({130, 70}, 5 + i, DType::float32));
      muon.step();
      state.loading = false;
      muon.visit_state(state);
    }
    results.push_back(w.value().to_vector());
  }
  set_num_threads(1);
  Parameter w(some({130, 70}, 4, DType::float32));
  Muon straight({w});
  for (int i = 0; i < 3; ++i) {
    set_gradient(w, some({130, 70}, 5 + i, DType::float32));
    straight.step();
  }
  set_num_threads(before);
  EXPECT_THAT(results, ::testing::Each(w.value().to_vector()));
}

TEST(Muon, NamesItsState) {
  SavedState state;
  Muon({Parameter(Tensor::ones({1, 2}))}).visit_state(state);
  EXPECT_THAT(state.names, ElementsAre("steps", "learning_rate", "0.velocity"));
}

TEST(Muon, Errors) {
  const auto make = [](const MuonOptions& o) { return [=] { Muon({Parameter(Tensor::ones({1, 1}))}, o); }; };
  EXPECT_THAT(
      [] {
        Muon({Parameter(Tensor::ones({2, 1})), Parameter(Tensor::ones({3}))});
      },
      ThrowsMessage<Error>(StrEq("Muon: parameter '1' is float32 [3], and Muon is for matrices and the weights of "
                                 "convolutions; give it to another optimizer, and both to Several")));
  EXPECT_THAT(make({.momentum = 1}), ThrowsMessage<Error>(StrEq("Muon: momentum is 1; it must be in [0, 1)")));
  EXPECT_THAT(make({.ns_coefficients = {1, NAN, 1}}),
              ThrowsMessage<Error>(StrEq("Muon: a number of ns_coefficients is nan; it must be finite")));
  for (const int steps : {0, 100}) {
    EXPECT_THAT(make({.ns_steps = steps}),
                ThrowsMessage<Error>("Muon: ns_steps is " + std::to_string(steps) + "; it must be from 1 to 99"));
  }
}

}  // namespace
}  // namespace gibbs::optim
