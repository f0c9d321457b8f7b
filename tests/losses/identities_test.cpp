// Identities that hold between the losses for every input: checked on random batches, one of which in three has hard
// zeros, one-hot rows or logits so far apart that softmax underflows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"
#include "gibbs/losses/measures/jensen_shannon.h"
#include "gibbs/losses/measures/mutual_information.h"
#include "gibbs/losses/measures/renyi_tsallis.h"
#include "gibbs/tensor/kernels/layout.h"
#include "tests/losses/oracle.h"

namespace gibbs::losses {
namespace {

/// Every property is checked on this many cases, unless the environment wants another number.
[[maybe_unused]] const int kCasesAreSet = setenv("RC_PARAMS", "max_success=1000", /*overwrite=*/0);

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

/// Smoothing is of the target, in both: they still differ by its entropy, and have equal gradients.
RC_GTEST_PROP(Identities, WithSmoothedTargetsCrossEntropyIsTheirEntropyPlusDivergence, ()) {
  const auto [p, z_value] = arbitrary_batch();
  const double s = *rc::gen::element(0.1, 0.5, 1.0);
  const Variable z = Variable::leaf(z_value);
  const Variable ce = cross_entropy_with_logits(p, z, {.label_smoothing = s});
  const Variable kl = kl_divergence_with_logits(p, z, {.label_smoothing = s});
  const Tensor smoothed = (Variable(p) * (1 - s) + s / static_cast<double>(p.size(1))).value();
  RC_ASSERT(close(ce.value().item(), mean_entropy(smoothed) + kl.value().item()));
  const auto of_ce = grad(ce, {z})[0].value().to_vector(), of_kl = grad(kl, {z})[0].value().to_vector();
  for (std::size_t i = 0; i < of_ce.size(); ++i) {
    RC_ASSERT(close(of_ce[i], of_kl[i]));
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

// ---- information measures, on distributions ----

/// n numbers that are distributed over [n]: uneven, with hard zeros and tiny entries in one case of three each.
std::vector<double> arbitrary_distribution(std::int64_t n, double smallest = 1e-300) {
  const double tiny = *rc::gen::element(0.0, 0.05, 1e-18, smallest);
  std::vector<int> counts = *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(0, 9));
  counts[*rc::gen::inRange<std::int64_t>(0, n)] += 1;
  std::vector<double> p;
  double total = 0;
  for (int count : counts) {
    p.push_back(count > 0 ? count : tiny);
    total += p.back();
  }
  for (double& v : p) {
    v /= total;
  }
  return p;
}

/// Products of such numbers stay far from denormal ones, which have few digits.
constexpr double kSmallest = 1e-100;

struct Distributions {
  Tensor p, q, r;  // [K], float64
};

/// The second one is, in one case of four, the first one nudged in its last digits.
Distributions arbitrary_distributions(double smallest = 1e-300) {
  const auto k = *rc::gen::inRange<std::int64_t>(1, 7);
  const auto draw = [k, smallest] { return Tensor::from(arbitrary_distribution(k, smallest), {k}); };
  Distributions three = {draw(), draw(), draw()};
  if (*rc::gen::inRange(0, 4) == 0 && k > 1) {
    three.q = three.p.clone();
    const double nudge = *rc::gen::element(1e-16, 1e-12, 1e-8) * std::min(three.p.at({0}), three.p.at({1}));
    three.q.set({0}, three.p.at({0}) + nudge);
    three.q.set({1}, three.p.at({1}) - nudge);
  }
  return three;
}

Tensor arbitrary_joint() {
  const auto x = *rc::gen::inRange<std::int64_t>(1, 5), y = *rc::gen::inRange<std::int64_t>(1, 5);
  return Tensor::from(arbitrary_distribution(x * y), {x, y});
}

double number(const Variable& y) { return y.value().item(); }

/// close, where an infinity is close to itself.
bool same(double a, double b) { return a == b || close(a, b); }

RC_GTEST_PROP(Measures, CrossEntropyIsEntropyPlusDivergence, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  RC_ASSERT(same(number(cross_entropy(p, q, MeasureOptions{})), number(entropy(p)) + number(kl_divergence(p, q))));
}

RC_GTEST_PROP(Measures, DivergencesAreAtLeastZeroAndZeroOnlyForEqualDistributions, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  double difference = 0;
  for (std::int64_t k = 0; k < p.numel(); ++k) {
    difference += std::abs(p.at({k}) - q.at({k}));
  }
  const double alpha = *rc::gen::element(.5, .9, 1.0, 2.0, 10.0);
  for (const double d : {number(kl_divergence(p, q)), number(reverse_kl_divergence(p, q)),
                         number(jeffreys_divergence(p, q)), number(generalized_kl_divergence(p, q)),
                         number(renyi_divergence(p, q, alpha)), number(tsallis_divergence(p, q, alpha))}) {
    RC_ASSERT(d >= -1e-15);
    // Pinsker: D >= difference^2 / 2 for alpha >= 1, and alpha times that below.
    RC_ASSERT(d >= std::min(alpha, 1.0) * difference * difference / 2.01 - 1e-15);
  }
  RC_ASSERT(difference < 1e-17 || number(js_divergence(p, q)) > 0);
  for (const auto f : {kl_divergence, reverse_kl_divergence, jeffreys_divergence, js_divergence, js_distance}) {
    RC_ASSERT(number(f(p, p.clone(), {})) == 0);
  }
}

RC_GTEST_PROP(Measures, JensenShannonIsSymmetricAndAtMostOneBit, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  const double js = number(js_divergence(p, q));
  RC_ASSERT(js == number(js_divergence(q, p)));
  RC_ASSERT(js >= 0 && js <= std::numbers::ln2 + 1e-15);
  const Tensor m = ((Variable(p) + Variable(q)) * .5).value();
  RC_ASSERT(close(js, number(entropy(m)) - (number(entropy(p)) + number(entropy(q))) / 2));
  RC_ASSERT(close(js, (number(kl_divergence(p, m)) + number(kl_divergence(q, m))) / 2));
}

RC_GTEST_PROP(Measures, TheRootOfJensenShannonObeysTheTriangleInequality, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  RC_ASSERT(number(js_distance(p, q)) <= (number(js_distance(p, r)) + number(js_distance(r, q))) * (1 + 1e-13) + 1e-16);
}

RC_GTEST_PROP(Measures, PermutingClassesChangesNothing, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  const auto reversed = [](const Tensor& x) {
    std::vector<double> values = x.to_vector();
    std::reverse(values.begin(), values.end());
    return Tensor::from(values, x.shape());
  };
  RC_ASSERT(close(number(entropy(p)), number(entropy(reversed(p)))));
  for (const auto f : {cross_entropy, kl_divergence, jeffreys_divergence, js_divergence, js_distance}) {
    RC_ASSERT(same(number(f(p, q, {})), number(f(reversed(p), reversed(q), {}))));
  }
  for (const auto f : {renyi_divergence, tsallis_divergence}) {
    RC_ASSERT(same(number(f(p, q, 2.5, {})), number(f(reversed(p), reversed(q), 2.5, {}))));
  }
}

RC_GTEST_PROP(Measures, BitsAreNatsOverLogTwo, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  const MeasureOptions bits = {.base = Base::bits};
  const auto agree = [](double in_bits, double nats) { return same(in_bits * std::numbers::ln2, nats); };
  RC_ASSERT(agree(number(entropy(p, bits)), number(entropy(p))));
  for (const auto f : {cross_entropy, kl_divergence, reverse_kl_divergence, jeffreys_divergence, js_divergence}) {
    RC_ASSERT(agree(number(f(p, q, bits)), number(f(p, q, {}))));
  }
  RC_ASSERT(agree(std::pow(number(js_distance(p, q, bits)), 2), std::pow(number(js_distance(p, q)), 2)));
  for (const double alpha : {.5, 1.0, 3.0}) {
    RC_ASSERT(agree(number(renyi_entropy(p, alpha, bits)), number(renyi_entropy(p, alpha))));
    RC_ASSERT(agree(number(tsallis_entropy(p, alpha, bits)), number(tsallis_entropy(p, alpha))));
    RC_ASSERT(agree(number(renyi_divergence(p, q, alpha, bits)), number(renyi_divergence(p, q, alpha))));
    RC_ASSERT(agree(number(tsallis_divergence(p, q, alpha, bits)), number(tsallis_divergence(p, q, alpha))));
  }
  const Tensor joint = arbitrary_joint();
  for (const auto f : {mutual_information, conditional_entropy, joint_entropy}) {
    RC_ASSERT(agree(number(f(joint, bits)), number(f(joint, {}))));
  }
}

/// D(p(x,y) || q(x,y)) = D(p(x) || q(x)) + sum_x p(x) D(p(y|x) || q(y|x)).
RC_GTEST_PROP(Measures, ChainRule, ()) {
  const auto x = *rc::gen::inRange<std::int64_t>(1, 4), y = *rc::gen::inRange<std::int64_t>(1, 4);
  std::vector<double> p_rows, q_rows;
  const Tensor p_x = Tensor::from(arbitrary_distribution(x, kSmallest), {x}),
               q_x = Tensor::from(arbitrary_distribution(x, kSmallest), {x});
  double expected = number(kl_divergence(p_x, q_x));
  for (std::int64_t i = 0; i < x; ++i) {
    const std::vector<double> p_y = arbitrary_distribution(y, kSmallest), q_y = arbitrary_distribution(y, kSmallest);
    p_rows.insert(p_rows.end(), p_y.begin(), p_y.end());
    q_rows.insert(q_rows.end(), q_y.begin(), q_y.end());
    if (const double weight = p_x.at({i}); weight > 0) {
      expected += weight * number(kl_divergence(Tensor::from(p_y, {y}), Tensor::from(q_y, {y})));
    }
  }
  const Tensor p = joint_of(p_x, Tensor::from(p_rows, {x, y})).value().reshape({x * y});
  const Tensor q = joint_of(q_x, Tensor::from(q_rows, {x, y})).value().reshape({x * y});
  RC_ASSERT(same(number(kl_divergence(p, q)), expected));
}

/// Sending both through one channel brings them no further apart.
RC_GTEST_PROP(Measures, DataProcessingInequality, ()) {
  const auto [p, q, r] = arbitrary_distributions(kSmallest);
  const auto k = p.numel(), outputs = *rc::gen::inRange<std::int64_t>(1, 5);
  std::vector<double> channel;
  for (std::int64_t i = 0; i < k; ++i) {
    const std::vector<double> row = arbitrary_distribution(outputs, kSmallest);
    channel.insert(channel.end(), row.begin(), row.end());
  }
  const Tensor t = Tensor::from(channel, {k, outputs});
  const auto sent = [&](const Tensor& x) { return matmul(x.reshape({1, k}), t).value().reshape({outputs}); };
  for (const auto f : {kl_divergence, reverse_kl_divergence, js_divergence}) {
    const double before = number(f(p, q, {}));
    RC_ASSERT(number(f(sent(p), sent(q), {})) <= before + 1e-13 * std::max(1.0, before));
  }
  const double before = number(renyi_divergence(p, q, 2));
  RC_ASSERT(number(renyi_divergence(sent(p), sent(q), 2)) <= before + 1e-13 * std::max(1.0, before));
}

RC_GTEST_PROP(Measures, MutualInformationInThreeWays, ()) {
  const Tensor joint = arbitrary_joint();
  const Tensor p_x = marginal_x(joint).value(), p_y = marginal_y(joint).value();
  const double i = number(mutual_information(joint));
  RC_ASSERT(i >= -1e-15);
  RC_ASSERT(close(i, number(entropy(p_x)) - number(conditional_entropy(joint))));
  RC_ASSERT(close(i, number(entropy(p_x)) + number(entropy(p_y)) - number(joint_entropy(joint))));
  const Tensor product = independent_joint(p_x, p_y).value();
  const Tensor pairs = joint.reshape({joint.numel()}), strangers = product.reshape({joint.numel()});
  const double d = number(kl_divergence(pairs, strangers));
  RC_ASSERT(close(i, d) || d == std::numeric_limits<double>::infinity());  // the product may underflow
}

RC_GTEST_PROP(Measures, RenyiFallsAndItsDivergenceGrowsWithItsOrder, ()) {
  const auto [p, q, r] = arbitrary_distributions();
  double h = number(renyi_entropy(p, 0)), d = number(renyi_divergence(p, q, 0));
  for (const double alpha : {.2, .5, .9, 1.0, 1.1, 1.5, 2.0, 10.0, 100.0, std::numeric_limits<double>::infinity()}) {
    const double next_h = number(renyi_entropy(p, alpha)), next_d = number(renyi_divergence(p, q, alpha));
    RC_ASSERT(next_h <= h + 1e-14);
    RC_ASSERT(next_d >= d || same(next_d, d));
    h = next_h;
    d = next_d;
  }
}

}  // namespace
}  // namespace gibbs::losses
