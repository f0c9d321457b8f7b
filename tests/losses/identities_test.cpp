// Identities that hold between the losses for every input: checked on random batches, one of which in three has hard
// zeros, one-hot rows or logits so far apart that softmax underflows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/tensor/kernels/layout.h"
#include "tests/losses/oracle.h"

namespace gibbs::losses {
namespace {

struct Batch {
  Tensor p, z;  // [N, K], float64
};

Batch arbitrary_batch() {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 5), k = *rc::gen::inRange<std::int64_t>(1, 7);
  const double spread = *rc::gen::element(1.0, 10.0, 1e5);
  const bool sparse = *rc::gen::arbitrary<bool>();
  Batch batch = {Tensor::zeros({n, k}, DType::float64), Tensor::zeros({n, k}, DType::float64)};
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<int> counts = *rc::gen::container<std::vector<int>>(k, rc::gen::inRange(sparse ? 0 : 1, 9));
    counts[*rc::gen::inRange<std::int64_t>(0, k)] += 1;
    double total = 0;
    for (int count : counts) {
      total += count;
    }
    for (std::int64_t j = 0; j < k; ++j) {
      batch.p.set({i, j}, counts[j] / total);
      batch.z.set({i, j}, spread * *rc::gen::inRange(-1000, 1001) / 1000);
    }
  }
  return batch;
}

/// |a - b| within a few roundings of the largest number involved.
bool close(double a, double b, double scale = 0) {
  return std::abs(a - b) <= 1e-13 * std::max({1.0, std::abs(a), std::abs(b), scale});
}

double mean_entropy(const Tensor& p) {
  double h = 0;
  for (const oracle::Row& row : oracle::matrix_of(p)) {
    h += oracle::entropy(row);
  }
  return h / static_cast<double>(p.size(0));
}

RC_GTEST_PROP(Identities, CrossEntropyIsEntropyPlusDivergence, ()) {
  const auto [p, z] = arbitrary_batch();
  const double ce = cross_entropy_with_logits(p, z).value().item(), kl = kl_divergence_with_logits(p, z).value().item();
  RC_ASSERT(close(ce, mean_entropy(p) + kl));
  RC_ASSERT(kl >= -1e-15);
}

RC_GTEST_PROP(Identities, CrossEntropyAndDivergenceHaveEqualGradients, ()) {
  const auto [p, z_value] = arbitrary_batch();
  const Variable z = Variable::leaf(z_value);
  const auto ce = grad(cross_entropy_with_logits(p, z), {z})[0].value().to_vector();
  const auto kl = grad(kl_divergence_with_logits(p, z), {z})[0].value().to_vector();
  for (std::size_t i = 0; i < ce.size(); ++i) {
    RC_ASSERT(close(ce[i], kl[i]));
  }
}

RC_GTEST_PROP(Identities, LogitsAndTheirProbabilitiesAgree, ()) {
  const auto [p, z] = arbitrary_batch();
  Tensor q = z.clone();
  for (std::int64_t n = 0; n < z.size(0); ++n) {
    const oracle::Row row = oracle::softmax(oracle::matrix_of(z)[n]);
    for (std::int64_t k = 0; k < z.size(1); ++k) {
      q.set({n, k}, row[k]);
    }
  }
  const double of_q = kl_divergence_with_probabilities(p, q).value().item();
  RC_PRE(std::isfinite(of_q) && of_q < 600);  // q must be far from underflow
  RC_ASSERT(std::abs(of_q - kl_divergence_with_logits(p, z).value().item()) <= 1e-10);
}

RC_GTEST_PROP(Identities, AddingANumberToAllLogitsChangesNothing, ()) {
  const auto [p, z] = arbitrary_batch();
  const double c = *rc::gen::element(-1024.0, 0.5, 65536.0);
  const double scale = std::abs(c) + 1e5;
  RC_ASSERT(close(cross_entropy_with_logits(p, z).value().item(),
                  cross_entropy_with_logits(p, (Variable(z) + c).value()).value().item(), scale));
}

RC_GTEST_PROP(Identities, LabelSmoothingMixesTheTargetWithTheUniform, ()) {
  const auto [p, z] = arbitrary_batch();
  const double s = *rc::gen::element(0.1, 0.5, 1.0);
  const double k = static_cast<double>(p.size(1));
  const Tensor mixed = (Variable(p) * (1 - s) + s / k).value();
  const Tensor w = Tensor::arange(1, k + 1, 1, DType::float64);
  for (const auto loss : {cross_entropy_with_logits, kl_divergence_with_logits}) {
    const double by_option = loss(p, z, {.label_smoothing = s, .class_weights = w}).value().item();
    RC_ASSERT(close(by_option, loss(mixed, z, {.class_weights = w}).value().item()));
  }
}

RC_GTEST_PROP(Identities, PermutingClassesChangesNothing, ()) {
  const auto [p, z] = arbitrary_batch();
  const auto reversed = [](const Tensor& x) {
    Tensor y = x.clone();
    for (std::int64_t n = 0; n < x.size(0); ++n) {
      for (std::int64_t k = 0; k < x.size(1); ++k) {
        y.set({n, k}, x.at({n, x.size(1) - 1 - k}));
      }
    }
    return y;
  };
  for (const auto loss : {cross_entropy_with_logits, kl_divergence_with_logits}) {
    RC_ASSERT(close(loss(p, z, {}).value().item(), loss(reversed(p), reversed(z), {}).value().item()));
  }
}

}  // namespace
}  // namespace gibbs::losses
