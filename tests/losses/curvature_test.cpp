// The Hessian of KL in the logits is the Fisher information of softmax, diag(q) - q q^T, whatever the target: KL is the
// geometry of the family, and the target only says where its minimum lies. Cross entropy differs by a constant.
#include <cmath>

#include "gibbs/autograd/derivatives.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {
namespace {

using Loss = Variable (*)(const losses::Target&, const Variable&, const losses::CategoricalOptions&);

Tensor fisher_information(const Tensor& logits) {
  std::vector<double> q = logits.to_vector();
  double total = 0;
  for (double& v : q) {
    v = std::exp(v);
    total += v;
  }
  return build({1, logits.size(1), 1, logits.size(1)}, [&](const Index& i) {
    const double a = q[static_cast<std::size_t>(i[1])] / total, b = q[static_cast<std::size_t>(i[3])] / total;
    return (i[1] == i[3] ? a : 0) - a * b;
  });
}

void expect_fisher(Loss loss, const losses::Target& target) {
  const Tensor logits = f64({{0.3, -1.2, 2, 0.1, -0.4}});
  const Variable h = hessian([&](const Variable& z) { return loss(target, z, {}); }, logits);
  EXPECT_TRUE(near(h.value(), fisher_information(logits), 1e-14));
}

TEST(Curvature, OfKlInTheLogitsIsTheFisherInformation) {
  for (const Tensor& p : {f64({{.1, .2, .3, .15, .25}}), f64({{0, 1, 0, 0, 0}}), f64({{.5, 0, 0, 0, .5}})}) {
    expect_fisher(losses::kl_divergence_with_logits, p);
    expect_fisher(losses::cross_entropy_with_logits, p);
  }
  expect_fisher(losses::kl_divergence_with_logits, Tensor::of({3}, DType::int64));
}

TEST(Curvature, OfBatchesIsBlockDiagonal) {
  const Tensor logits = random({3, 4}, 7, -2, 2), p = f64({{1, 0, 0, 0}, {.25, .25, .25, .25}, {0, .5, .5, 0}});
  const Tensor h = hessian([&](const Variable& z) { return losses::kl_divergence_with_logits(p, z); }, logits).value();
  for (std::int64_t n = 0; n < 3; ++n) {
    for (std::int64_t m = 0; m < 3; ++m) {
      const Tensor expected =
          n == m ? fisher_information(logits.rows(n, n + 1)).reshape({4, 4}) * (1. / 3) : Tensor::zeros({4, 4});
      const Tensor block = build({4, 4}, [&](const Index& i) { return h.at({n, i[0], m, i[1]}); });
      EXPECT_TRUE(near(block, expected, 1e-14)) << "rows " << n << ", " << m;
    }
  }
}

}  // namespace
}  // namespace gibbs::testing
