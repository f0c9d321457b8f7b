// Class indices and their one-hot rows give the same bits for every combination of options, value and gradient, and
// both agree with a float64 oracle that knows the options from their definitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/losses/oracle.h"

namespace gibbs::losses {
namespace {

constexpr std::int64_t kClasses = 4;
const std::vector<std::int64_t> kIndices = {2, 0, 3, 2, 1, 0};
const NestedList kLogits = {{1.5, -0.5, 0.25, 3},  {0, 0, 0, 0},    {-2, 4, 1, 0.5},
                            {0.1, 0.2, -0.3, 0.4}, {5, -5, 2, 0.7}, {-1, -2, -3, -4}};
const NestedList kWeights = {0.5, 2, 0, 3};

/// Every combination of options.
std::vector<CategoricalOptions> all_options() {
  std::vector<CategoricalOptions> all;
  for (Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    for (double smoothing : {0.0, 0.1, 1.0}) {
      for (const Tensor& weights : {Tensor(), Tensor::of(kWeights)}) {
        for (std::optional<std::int64_t> ignore : {std::optional<std::int64_t>(), {2}, {-100}}) {
          for (Base base : {Base::nats, Base::bits}) {
            for (bool normalize : {false, true}) {
              for (const Tensor& samples : {Tensor(), Tensor::of({1, 0.5, 0, 0.25, 0.75, 1.25})}) {
                all.push_back({reduction, smoothing, weights, samples, ignore, normalize, base});
              }
            }
          }
        }
      }
    }
  }
  return all;
}

/// The class index of each row; one row is -100 where that is to be ignored.
Tensor index_target(const CategoricalOptions& options) {
  std::vector<std::int64_t> y = kIndices;
  if (options.ignore_index == -100) {
    y[3] = -100;
  }
  return Tensor::from(y, {static_cast<std::int64_t>(y.size())});
}

Tensor one_hot_rows(const Tensor& y, DType dtype) {
  Tensor p = Tensor::zeros({y.size(0), kClasses}, dtype);
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    if (const auto k = y.at<std::int64_t>({n}); k >= 0) {
      p.set({n, k}, 1);
    }
  }
  return p;
}

using Loss = Variable (*)(const Target&, const Variable&, const CategoricalOptions&);

struct Function {
  const char* name;
  Loss loss;
  bool on_logits, is_kl;
};
const Function kFunctions[] = {
    {"cross_entropy_with_logits", cross_entropy_with_logits, true, false},
    {"cross_entropy_with_probabilities", cross_entropy_with_probabilities, false, false},
    {"kl_divergence_with_logits", kl_divergence_with_logits, true, true},
    {"kl_divergence_with_probabilities", kl_divergence_with_probabilities, false, true},
};

/// The loss, from the definitions.
std::vector<double> expected(const Function& f, const Tensor& y, const Tensor& z, const CategoricalOptions& o) {
  const oracle::Row w = o.class_weights.defined() ? o.class_weights.to_vector() : oracle::Row(kClasses, 1);
  const oracle::Row samples =
      o.sample_weights.defined() ? o.sample_weights.to_vector() : oracle::Row(kIndices.size(), 1);
  std::vector<double> rows;
  double total = 0, divisor = 0;
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    const auto label = y.at<std::int64_t>({n});
    oracle::Row p(kClasses, o.label_smoothing / kClasses);
    double row = 0;
    if (label != o.ignore_index) {
      p[label] += 1 - o.label_smoothing;
      const oracle::Row log_q = oracle::log_softmax(oracle::matrix_of(z)[n]);
      row = f.is_kl ? oracle::kl_divergence(p, log_q, w) : oracle::cross_entropy(p, log_q, w);
      row *= samples[n] / (o.base == Base::bits ? std::log(2) : 1);
      for (std::int64_t k = 0; k < kClasses; ++k) {
        divisor += samples[n] * w[k] * p[k];
      }
    }
    rows.push_back(row);
    total += row;
  }
  if (o.reduction == Reduction::none) {
    return rows;
  }
  return {o.reduction == Reduction::sum ? total : total / divisor};
}

class Agreement : public ::testing::TestWithParam<std::tuple<Function, DType>> {};

TEST_P(Agreement, IndicesEqualOneHotRowsBitForBit) {
  const auto& [f, dtype] = GetParam();
  const Tensor z = Tensor::of(kLogits, dtype);
  for (const CategoricalOptions& options : all_options()) {
    const Tensor y = index_target(options);
    const Variable q = Variable::leaf(f.on_logits ? z : softmax(z).value());
    const Variable of_indices = f.loss(y, q, options);
    const Variable of_rows = f.loss(one_hot_rows(y, dtype), q, options);
    EXPECT_EQ(of_indices.value().to_vector(), of_rows.value().to_vector());
    const std::vector<double> gradient = grad(sum(of_indices), {q})[0].value().to_vector();
    EXPECT_EQ(gradient, grad(sum(of_rows), {q})[0].value().to_vector());
    EXPECT_THAT(of_indices.value().to_vector(),
                ::testing::Pointwise(::testing::DoubleNear(dtype == DType::float64 ? 1e-13 : 1e-5),
                                     expected(f, y, z, options)));
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, Agreement,
                         ::testing::Combine(::testing::ValuesIn(kFunctions),
                                            testing::Values(DType::float32, DType::float64)),
                         [](const auto& instance) {
                           return std::string(std::get<0>(instance.param).name) + "_" +
                                  name_of(std::get<1>(instance.param));
                         });

}  // namespace
}  // namespace gibbs::losses
