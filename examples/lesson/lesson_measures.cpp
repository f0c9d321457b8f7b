// A1 to A6: information, entropy, cross entropy, the KL divergence, on coins and on worms.
#include "examples/lesson/lesson.h"
#include "examples/lesson/worms.h"
#include "examples/program/claim.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"

namespace gibbs::examples {

using namespace losses;
namespace {

/// As the article codes it: -sum_k p_k log2(p_k + 1e-15).
Variable article_entropy(const Variable& p) { return in_base(-sum(p * log(p + 1e-15), {-1}), Base::bits); }

void print_models(Claim& claim, const Tensor& observed, const ToothModels& models) {
  claim.figures("observed", observed.to_vector());
  claim.figures("uniform", exp(models.log_uniform).value().to_vector());
  claim.figures("binomial", exp(models.log_binomial).value().to_vector());
  claim.figure("mean_teeth", models.mean_teeth);
  claim.figure("tooth_probability", models.tooth_probability, "theta of Binomial(n, theta), the mean divided by n");
}

/// Divergences of both models, and which one loses less.
void print_verdict(Claim& claim, const Tensor& observed, const ToothModels& models,
                   const std::string& uniform_note = "", const std::string& binomial_note = "") {
  const auto loss = [&](const Tensor& log_q) {
    return [&observed, log_q](Base base) { return kl_divergence_from(observed, log_q, base); };
  };
  claim.measure("kl_uniform", loss(models.log_uniform), uniform_note);
  claim.measure("kl_binomial", loss(models.log_binomial), binomial_note);
  const double uniform = number(loss(models.log_uniform)(Base::nats));
  const double binomial = number(loss(models.log_binomial)(Base::nats));
  claim.verdict("loses_less", uniform < binomial ? "uniform" : binomial < uniform ? "binomial" : "neither");
}

}  // namespace

void information_of_events(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A1", "The information of an event: h(x) = -log p(x)");
  claim.say(
      "The rarer the event, the more it says. With ln the unit is the nat, with log2 the bit. Below: everyone is "
      "mortal (p = 1), a coin shows heads, one in ten, one in a thousand owns a yacht and a villa.");
  const Tensor p = vector({1, .5, .1, .001});
  claim.figures("probability", p.to_vector());
  claim.figures("information_nats", information(p).value().to_vector());
  claim.figures("information_bits", information(p, Base::bits).value().to_vector());
  claim.figure("one_in_a_million_bits", number(information(vector(1e-6), Base::bits)),
               "one in a thousand twice: probabilities multiply, information adds");
  claim.figure("nats_per_bit", number(information(vector(.5))), "ln 2: nats = bits x ln 2");
}

void entropy_as_mean_information(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A2", "Entropy: H(p) = -sum p log p, the mean information");
  claim.say(
      "0 log 0 counts as 0, its limit, so a certain outcome has an entropy of exactly 0. The article adds 1e-15 "
      "inside the logarithm instead, and its entropy of certainty comes out below 0.");
  const Tensor certain = vector({0, 1}), fair = vector({.5, .5});
  claim.figure("entropy_of_certainty_bits", number(entropy(certain, {.base = Base::bits})));
  claim.figure("article_entropy_of_certainty_bits", number(article_entropy(certain)), "an entropy is never negative");
  claim.measure("entropy_of_a_fair_coin", [&](Base base) { return entropy(fair, {.base = base}); });
  claim.measure("entropy_of_the_worms", [](Base base) { return entropy(observed_worms(), {.base = base}); });
  claim.figure("perplexity_of_the_worms", number(perplexity(observed_worms())),
               "so many equally likely outcomes are as uncertain");
}

void entropy_of_a_coin(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A3", "The entropy of a coin, by the probability of heads");
  claim.say(
      "Largest for the fair coin, and the smaller the surer the outcome. This is the article's plot; the 1e-15 in "
      "its code changes nothing that a plot shows.");
  const Tensor heads = vector({0, .1, .2, .3, .4, .5});
  const Variable bits = entropy(coins(heads), {.base = Base::bits}), theirs = article_entropy(coins(heads));
  claim.figures("heads", heads.to_vector());
  claim.figures("entropy_bits", bits.value().to_vector());
  claim.figures("article_entropy_bits", theirs.value().to_vector());
  claim.figure("largest_difference_bits", largest_difference(bits, theirs));
}

void models_of_the_worms(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A4", "The worms' teeth: which model loses less information?");
  claim.say("Shares of worms with 0 to 10 teeth, the uniform model, and the binomial one with the same mean:");
  const Tensor observed = observed_worms();
  const ToothModels models = models_of(observed);
  print_models(claim, observed, models);
  print_verdict(claim, observed, models, "article: 0.338", "article: 0.447");
  constexpr double kUniform = .338, kBinomial = .447, kSourceTheta = .57;
  const double uniform_bits = lesson["A4"]["kl_uniform_bits"], binomial_bits = lesson["A4"]["kl_binomial_bits"];
  claim.figure("article_kl_uniform", kUniform);
  claim.figure("article_kl_binomial", kBinomial, "in its source (countbayesie.com, 2017):");
  claim.figure("source_kl_binomial", .477);
  claim.figure("source_tooth_probability", kSourceTheta);
  claim.figure("article_over_ours_uniform", kUniform / uniform_bits, "both against our bits:");
  claim.figure("article_over_ours_binomial", kBinomial / binomial_bits, "a change of unit would move both alike");
  claim.measure(
      "kl_binomial_of_the_source",
      [&](Base base) { return kl_divergence_from(observed, log_binomial(10, kSourceTheta), base); },
      "with the source's theta = 0.57, a mean of 5.7 teeth");
  claim.say(
      "The verdict is the article's, the figures are not. Its data stand only in a bar chart, and the chart has a "
      "mean of 5.44 teeth while its source computes with 5.7: the printed figures belong to other data than are "
      "shown. No change of unit explains them, and 0.447 is 0.477 copied wrongly. That half of the worms have ten "
      "teeth is a slip of the pen too: in the source all have ten to begin with, and in the chart 7 in 100 still have "
      "them.");
}

void cross_entropy_of_the_worms(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A5", "Cross entropy: H(p, q) = -sum p log q");
  claim.say("The mean length of a message about worms of p, in a code made for q. Its least value is H(p).");
  const Worms w = worms();
  claim.measure("cross_entropy_uniform", [&](Base b) { return cross_entropy(w.observed, w.uniform, {.base = b}); });
  claim.measure("cross_entropy_binomial", [&](Base b) { return cross_entropy(w.observed, w.binomial, {.base = b}); });
  claim.say(
      "Words of a code that can be taken apart obey Kraft's inequality, sum 2^-length <= 1, so lengths are "
      "probabilities. Four messages of probability 1/2, 1/4, 1/8, 1/8, sent as 0, 10, 110, 111:");
  const Variable p = vector({.5, .25, .125, .125}), lengths = vector({1, 2, 3, 3});
  claim.figure("kraft_sum", number(sum(pow(Tensor::of(2, DType::float64), -lengths))));
  claim.figure("mean_length_bits", number(sum(p * lengths)), "their entropy");
  claim.figure("wasted_by_two_bits_each", number(kl_divergence(p, vector({.25, .25, .25, .25}), {.base = Base::bits})),
               "bits");
}

void divergence_of_the_worms(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A6", "The KL divergence: D(p || q) = sum p log(p / q)");
  claim.say(
      "What the code for q costs beyond the best one. It is never negative (Gibbs' inequality), and exactly 0 "
      "for a distribution and itself.");
  const Worms w = worms();
  claim.measure("kl_uniform", [&](Base b) { return kl_divergence(w.observed, w.uniform, {.base = b}); });
  claim.measure("kl_binomial", [&](Base b) { return kl_divergence(w.observed, w.binomial, {.base = b}); });
  claim.say("Single terms may be negative; for the uniform model:");
  claim.figures("kl_uniform_terms_nats", (w.observed * log(Variable(w.observed) / w.uniform)).value().to_vector());
  claim.say("The binomial model with the mean's probability is the best of its kind, the one of maximum likelihood:");
  std::vector<double> thetas{.5, models_of(w.observed).tooth_probability, .6}, nats;
  for (double theta : thetas) {
    nats.push_back(number(kl_divergence_from(w.observed, log_binomial(10, theta), Base::nats)));
  }
  claim.figures("thetas", thetas);
  claim.figures("kl_by_theta_nats", nats);
  claim.measure("kl_of_itself", [&](Base b) { return kl_divergence(w.observed, w.observed, {.base = b}); });
}

void compare_observed(nlohmann::ordered_json& lesson, const std::string& file, const Tensor& observed) {
  Claim claim(lesson, "observed", "     " + file);
  const ToothModels models = models_of(observed);
  print_models(claim, observed, models);
  claim.measure("entropy", [&](Base base) { return entropy(observed, {.base = base}); });
  print_verdict(claim, observed, models);
}

}  // namespace gibbs::examples
