// A7 to A9: cross entropy and the KL divergence as losses, and when they are the same one.
#include "examples/lesson/lesson.h"
#include "examples/lesson/logit_curves.h"
#include "examples/lesson/worms.h"
#include "examples/program/claim.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/losses/compat/keras.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"
#include "gibbs/losses/terms.h"
#include "gibbs/tensor/error.h"

namespace gibbs::examples {

using namespace losses;
namespace {

const Tensor& given_labels() {
  static const Tensor p = vector({1, 1, 1, 1, 1, 0, 0, 0, 0, 0});
  return p;
}
const Tensor& given_predictions() {
  static const Tensor q = vector({.8, .9, .9, .6, .8, .1, .4, .2, .1, .3});
  return q;
}

/// d loss / d z for a loss of logits [1, K].
template <class Loss>
Tensor gradient_of(const Loss& loss, const Tensor& p, const Tensor& logits) {
  const Variable z = Variable::leaf(logits);
  return grad(loss(p, z), {z})[0].value();
}

const auto ce_of = [](const Tensor& p, const Variable& z) { return cross_entropy_with_logits(p, z); };
const auto exact_kl = [](const Tensor& p, const Variable& z) { return kl_divergence_with_logits(p, z); };
const auto clipped_kl = [](const Tensor& p, const Variable& z) { return compat::keras::kl_divergence(p, softmax(z)); };

}  // namespace

void ten_predictions(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A7", "Ten predictions q of ten labels p: the article prints 1.685 nats and 1.168 nats");
  const Variable p = given_labels(), q = given_predictions();
  claim.figures("p", p.value().to_vector());
  claim.figures("q", q.value().to_vector());
  const auto cross = [&](Base base) { return sum(p * information(q, base)); };
  const auto kl = [&](Base base) { return in_base(sum(relative_entropy_terms(p, q)), base); };
  claim.measure("cross_entropy", cross, "article: \"ce: 1.685 nats\"");
  claim.measure("kl", kl, "article: \"kl: 1.168 nats\"");
  constexpr double kCrossEntropy = 1.685, kDivergence = 1.168;
  claim.figure("article_cross_entropy", kCrossEntropy);
  claim.figure("article_kl", kDivergence);
  const auto unit = [](double printed, const auto& measure) {
    return unit_of(printed, 3, number(measure(Base::nats)), number(measure(Base::bits)));
  };
  claim.verdict("article_cross_entropy_is_in", unit(kCrossEntropy, cross));
  claim.verdict("article_kl_is_in", unit(kDivergence, kl));
  claim.say(
      "One number, twice: labels of 0 and 1 have no entropy, so both sums are equal (A9), and the first was "
      "printed in bits under the name of nats. The code shown uses ln and cannot have printed it; it cannot run "
      "either: it defines corss_entropy and calls cross_entropy, and the second loop prints the variable ce.");
  claim.figure("kl_with_article_epsilon_nats", number(sum(p * log((p + 10e-5) / q))),
               "sum p ln((p + 10e-5) / q): 10e-5 is 1e-4, and rounds to 1.168 too");
  claim.say("Neither array is a distribution, so a cross entropy of the two has no meaning, and this library refuses:");
  claim.figure("sum_of_p", number(sum(p)));
  claim.figure("sum_of_q", number(sum(q)));
  try {
    cross_entropy(p, q);
  } catch (const Error& error) {
    claim.verdict("refusal", error.what());
  }
  claim.say("They are ten coins. Each loop was meant to print one prediction's loss, and printed the sum ten times:");
  const Variable rows = cross_entropy(coins(given_labels()), coins(given_predictions()));
  claim.figures("binary_cross_entropy_nats", rows.value().to_vector());
  claim.figure("mean_binary_cross_entropy_nats", number(mean(rows)), "what a classifier would call its loss");
}

void label_and_prediction(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A8", "Which is the label? \"p is the prediction, q the label\"");
  claim.say(
      "The article's text says so; its code has it right: p is the label, q the prediction. Taken the text's way, on "
      "the ten coins of A7, a label of 0 stands inside the logarithm of every one:");
  const Tensor labels = coins(given_labels()), predictions = coins(given_predictions());
  claim.figure("mean_cross_entropy_of_label_and_prediction_nats", number(mean(cross_entropy(labels, predictions))));
  claim.figure("mean_cross_entropy_of_prediction_and_label_nats", number(mean(cross_entropy(predictions, labels))));
  claim.say("It also writes D with a minus in front, and equates it with H. A divergence is never negative:");
  const double divergence = number(mean(kl_divergence(labels, predictions)));
  claim.figure("mean_kl_nats", divergence);
  claim.figure("mean_kl_with_the_minus_nats", -divergence);
}

void equivalence(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A9", "H(p, q) = D(p || q) + H(p): equivalent while H(p) is constant");
  claim.say("What is left of H(p, q) - D(p || q) - H(p) for the worms and both models:");
  const Worms w = worms();
  const auto residual = [&](const Tensor& q) {
    return number(cross_entropy(w.observed, q) - kl_divergence(w.observed, q) - entropy(w.observed));
  };
  claim.figure("residual_uniform_nats", residual(w.uniform));
  claim.figure("residual_binomial_nats", residual(w.binomial));
  claim.say(
      "Gradients with respect to the logits of the binomial model: of cross entropy and of the KL divergence, each by "
      "code of its own, and the formula q - p.");
  const Tensor p = w.observed.reshape({1, -1}), z = log(w.binomial).value().reshape({1, -1});
  const Tensor ce = gradient_of(ce_of, p, z), kl = gradient_of(exact_kl, p, z);
  claim.figures("gradient_of_cross_entropy", ce.to_vector());
  claim.figure("largest_difference_from_gradient_of_kl", largest_difference(ce, kl));
  claim.figure("largest_difference_from_formula", largest_difference(ce, softmax(z) - p));

  claim.say("Where it ends: Keras clips probabilities at 1e-7. Label class 0, logits (-20, 0, 1, 0.5):");
  const Tensor label = vector({{1, 0, 0, 0}}), wrong = vector({{-20, 0, 1, .5}});
  claim.figure("exact_cross_entropy_nats", number(ce_of(label, wrong)));
  claim.figures("exact_gradient", gradient_of(ce_of, label, wrong).to_vector());
  claim.figure("clipped_kl_nats", number(clipped_kl(label, wrong)));
  claim.figures("clipped_gradient", gradient_of(clipped_kl, label, wrong).to_vector());
  claim.say(
      "The loss is flat there, and the signal gone where the prediction is worst. Along one logit z, logits "
      "(z, 0, 0, 0), losses in nats and their slopes:");
  claim.figures("target", smoothed_target().to_vector());
  claim.figure("entropy_of_the_target_nats", number(entropy(smoothed_target())), "cross entropy less KL, everywhere");
  const std::vector<double> points = {-20, -10, 0, 10, 20};
  claim.figures("logit", points);
  for (const LogitCurve& curve : logit_curves(points)) {
    claim.figures(curve.name + "_along_z_nats", curve.nats);
    claim.figures(curve.name + "_slope", curve.gradient);
  }
}

}  // namespace gibbs::examples
