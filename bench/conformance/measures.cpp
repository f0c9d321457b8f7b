// Information measures, and the terms that they are sums of.
#include "bench/conformance/table.h"
#include "gibbs/losses/binary.h"
#include "gibbs/losses/measures/divergence.h"
#include "gibbs/losses/measures/information.h"
#include "gibbs/losses/measures/jensen_shannon.h"
#include "gibbs/losses/measures/mutual_information.h"
#include "gibbs/losses/measures/renyi_tsallis.h"
#include "gibbs/losses/regression.h"
#include "gibbs/losses/terms.h"

namespace gibbs::conformance {
namespace {

using losses::MeasureOptions;

MeasureOptions measure_options(const json& o) { return {.base = base(o), .normalize = flag(o, "normalize")}; }

Function of_one(Variable (*f)(const Variable&, const MeasureOptions&)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), measure_options(o)); });
}

Function of_two(Variable (*f)(const Variable&, const Variable&, const MeasureOptions&)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), x.at(1), measure_options(o)); });
}

Function of_events(Variable (*f)(const Variable&, losses::Base)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), base(o)); });
}

Function of_order(Variable (*f)(const Variable&, double, const MeasureOptions&)) {
  return entry([f](const Variables& x, const json& o) { return f(x.at(0), o.at("alpha"), measure_options(o)); });
}

Function of_order(Variable (*f)(const Variable&, const Variable&, double, const MeasureOptions&)) {
  return entry(
      [f](const Variables& x, const json& o) { return f(x.at(0), x.at(1), o.at("alpha"), measure_options(o)); });
}

}  // namespace

Table measure_table() {
  return {
      {"losses::information", of_events(losses::information)},
      {"losses::entropy", of_one(losses::entropy)},
      {"losses::binary_entropy", of_events(losses::binary_entropy)},
      {"losses::perplexity", of_one(losses::perplexity)},
      {"losses::cross_entropy", of_two(losses::cross_entropy)},
      {"losses::kl_divergence", of_two(losses::kl_divergence)},
      {"losses::reverse_kl_divergence", of_two(losses::reverse_kl_divergence)},
      {"losses::jeffreys_divergence", of_two(losses::jeffreys_divergence)},
      {"losses::generalized_kl_divergence", entry([](const Variables& x, const json& o) {
         return losses::generalized_kl_divergence(x.at(0), x.at(1), base(o));
       })},
      {"losses::js_divergence", of_two(losses::js_divergence)},
      {"losses::js_distance", of_two(losses::js_distance)},
      {"losses::mutual_information", of_one(losses::mutual_information)},
      {"losses::conditional_entropy", of_one(losses::conditional_entropy)},
      {"losses::joint_entropy", of_one(losses::joint_entropy)},
      {"losses::marginal_x", unary(losses::marginal_x)},
      {"losses::marginal_y", unary(losses::marginal_y)},
      {"losses::independent_joint", binary(losses::independent_joint)},
      {"losses::joint_of", binary(losses::joint_of)},
      {"losses::renyi_entropy", of_order(losses::renyi_entropy)},
      {"losses::renyi_divergence", of_order(losses::renyi_divergence)},
      {"losses::tsallis_entropy", of_order(losses::tsallis_entropy)},
      {"losses::tsallis_divergence", of_order(losses::tsallis_divergence)},
      {"losses::normalized", unary(losses::normalized)},
      {"losses::log_sigmoid", unary(losses::log_sigmoid)},
      {"losses::weighted_terms", binary(losses::weighted_terms)},
      {"losses::row_means", unary(losses::row_means)},
      {"losses::log_of_positive", unary(losses::log_of_positive)},
      {"losses::log_ratio", binary(losses::log_ratio)},
      {"losses::log_ratio_for_target", binary(losses::log_ratio_for_target)},
      {"losses::plogq", binary(losses::plogq)},
      {"losses::relative_entropy_terms", binary(losses::relative_entropy_terms)},
      {"losses::generalized_relative_entropy_terms", binary(losses::generalized_relative_entropy_terms)},
      {"losses::jeffreys_terms", binary(losses::jeffreys_terms)},
      {"losses::logistic_terms",
       entry([](const Variables& x, const json&) { return losses::logistic_terms(x.at(0), x.at(1), x.at(2)); })},
      {"losses::jensen_shannon_terms", binary(losses::jensen_shannon_terms)},
      {"losses::where_or", entry([](const Variables& x, const json& o) {
         return losses::where_or(tensor(o, "condition"), x.at(0), o.at("number"));
       })},
  };
}

}  // namespace gibbs::conformance
