// A11 and A12: neither cross entropy nor the KL divergence is a distance, and what it takes to be one.
#include "examples/lesson/lesson.h"
#include "examples/lesson/worms.h"
#include "examples/program/claim.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/jensen_shannon.h"

namespace gibbs::examples {

using namespace losses;
void asymmetry(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A11", "Neither is a distance: the order matters");
  const Worms w = worms();
  claim.measure("kl_observed_uniform", [&](Base b) { return kl_divergence(w.observed, w.uniform, {.base = b}); });
  claim.measure("kl_uniform_observed", [&](Base b) { return kl_divergence(w.uniform, w.observed, {.base = b}); });
  claim.measure("cross_entropy_observed_uniform",
                [&](Base b) { return cross_entropy(w.observed, w.uniform, {.base = b}); });
  claim.measure("cross_entropy_uniform_observed",
                [&](Base b) { return cross_entropy(w.uniform, w.observed, {.base = b}); });
  claim.say("Cross entropy misses even the first rule of a distance: H(p, p) is H(p), not 0.");
  claim.say("D breaks the triangle inequality as well. Coins of 1/2, 1/4 and 1/10, straight and over the middle one:");
  const Tensor fair = vector({.5, .5}), bent = vector({.25, .75}), rare = vector({.1, .9});
  claim.figure("coins_straight_nats", number(kl_divergence(fair, rare)));
  claim.figure("coins_first_part_nats", number(kl_divergence(fair, bent)));
  claim.figure("coins_second_part_nats", number(kl_divergence(bent, rare)));
}

void jensen_shannon(nlohmann::ordered_json& lesson) {
  Claim claim(lesson, "A12", "Jensen-Shannon: JS(p, q) = D(p || m) / 2 + D(q || m) / 2, m = (p + q) / 2");
  claim.say("Symmetric, finite, and at most ln 2 = 1 bit, reached when p and q share nothing:");
  const Worms w = worms();
  const Tensor a = vector({1, 0}), half = vector({.5, .5}), c = vector({0, 1});
  claim.measure("js_observed_uniform", [&](Base b) { return js_divergence(w.observed, w.uniform, {.base = b}); });
  claim.measure("js_uniform_observed", [&](Base b) { return js_divergence(w.uniform, w.observed, {.base = b}); });
  claim.measure("js_observed_binomial", [&](Base b) { return js_divergence(w.observed, w.binomial, {.base = b}); });
  claim.measure("js_of_opposites", [&](Base b) { return js_divergence(a, c, {.base = b}); });
  claim.say(
      "\"Symmetric, so it can be used as a distance\" does not follow: between (1, 0) and (0, 1) the way over "
      "(1/2, 1/2) is shorter than the straight one. Its square root keeps the triangle inequality.");
  claim.figure("js_straight_nats", number(js_divergence(a, c)));
  claim.figure("js_first_half_nats", number(js_divergence(a, half)));
  claim.figure("js_over_the_middle_nats", number(js_divergence(a, half) + js_divergence(half, c)), "shorter");
  claim.figure("root_straight", number(js_distance(a, c)), "square roots of nats");
  claim.figure("root_over_the_middle", number(js_distance(a, half) + js_distance(half, c)), "not shorter");
  claim.say(
      "The article's function takes lists, of which 0.5 * (p + q) is an error in Python, and log2(0) ends it "
      "wherever a probability is 0.");
}

}  // namespace gibbs::examples
