#include "examples/laboratory/equivalence_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gibbs::examples {
namespace {

std::string vector_text(const std::vector<double>& values) {
  std::string text;
  for (double value : values) {
    text += fmt::format("{}{:.4f}", text.empty() ? "(" : ", ", value);
  }
  return text + ")";
}

}  // namespace

std::string as_table(const std::vector<LogitGradientRow>& rows) {
  std::string table =
      fmt::format("{:<10} {:>9} {:>10} {:>11} {:>11} {:>11} {:>11} {:>14} {:>14}\n", "targets", "largest", "CE - KL",
                  "CE - plain", "KL - plain", "CE - (q-p)", "KL - (q-p)", "CE - numeric", "KL - numeric");
  for (const LogitGradientRow& row : rows) {
    table += fmt::format("{:<10} {:>9.3g} {:>10.2e} {:>11.2e} {:>11.2e} {:>11.2e} {:>11.2e} {:>14.2e} {:>14.2e}\n",
                         row.targets, row.largest_gradient, row.ce_against_kl, row.ce_against_plain,
                         row.kl_against_plain, row.ce_against_formula, row.kl_against_formula,
                         row.ce_against_differences, row.kl_against_differences);
  }
  return table + "plain: -sum p (z - log(sum(exp(z)))), which has no line of the two losses in it\n";
}

nlohmann::ordered_json as_json(const std::vector<LogitGradientRow>& rows) {
  nlohmann::ordered_json json;
  for (const LogitGradientRow& row : rows) {
    json[row.targets] = {{"largest_gradient", row.largest_gradient},
                         {"ce_against_kl", row.ce_against_kl},
                         {"ce_against_plain", row.ce_against_plain},
                         {"kl_against_plain", row.kl_against_plain},
                         {"ce_against_formula", row.ce_against_formula},
                         {"kl_against_formula", row.kl_against_formula},
                         {"ce_against_central_differences", row.ce_against_differences},
                         {"kl_against_central_differences", row.kl_against_differences},
                         {"ce_value_against_plain", row.ce_value_against_plain}};
  }
  return json;
}

std::string as_csv(const std::vector<StepReport>& steps) {
  std::string csv =
      "step,loss_ce,loss_kl,target_entropy,residual,max_abs_gradient_difference,max_ulp_difference,weights_equal,"
      "max_relative_gradient_difference,max_scaled_ulp_difference,max_abs_weight_difference,loss_plain,"
      "plain_gradient_difference\n";
  for (const StepReport& s : steps) {
    csv += fmt::format("{},{:.17g},{:.17g},{:.17g},{:.6g},{:.6g},{:.17g},{},{:.6g},{:.6g},{:.6g},{:.17g},{:.6g}\n",
                       s.step, s.loss_ce, s.loss_kl, s.target_entropy, s.residual, s.gradient.absolute, s.gradient.ulps,
                       s.weights_equal ? 1 : 0, s.gradient.relative, s.gradient.scaled_ulps, s.weight_difference,
                       s.loss_plain, s.plain_gradient_difference);
  }
  return csv;
}

nlohmann::ordered_json summary_of(const std::vector<StepReport>& steps) {
  const auto largest = [&](auto figure) {
    double result = 0;
    for (const StepReport& s : steps) {
      const double size = std::abs(figure(s));
      result = std::isnan(size) ? std::numeric_limits<double>::infinity() : std::max(result, size);
    }
    return result;
  };
  nlohmann::ordered_json json;
  json["steps"] = steps.size();
  json["max_abs_residual"] = largest([](const StepReport& s) { return s.residual; });
  json["max_abs_gradient_difference"] = largest([](const StepReport& s) { return s.gradient.absolute; });
  json["max_relative_gradient_difference"] = largest([](const StepReport& s) { return s.gradient.relative; });
  json["max_ulp_difference"] = largest([](const StepReport& s) { return s.gradient.ulps; });
  json["max_scaled_ulp_difference"] = largest([](const StepReport& s) { return s.gradient.scaled_ulps; });
  json["max_abs_weight_difference"] = largest([](const StepReport& s) { return s.weight_difference; });
  json["max_abs_plain_residual"] = largest([](const StepReport& s) { return s.loss_ce - s.loss_plain; });
  json["max_plain_gradient_difference"] = largest([](const StepReport& s) { return s.plain_gradient_difference; });
  json["steps_with_equal_weights"] =
      std::count_if(steps.begin(), steps.end(), [](const StepReport& s) { return s.weights_equal; });
  const auto unequal = std::find_if(steps.begin(), steps.end(), [](const StepReport& s) { return !s.weights_equal; });
  json["first_step_with_unequal_weights"] =
      unequal == steps.end() ? nlohmann::ordered_json() : nlohmann::ordered_json(unequal->step);
  if (!steps.empty()) {
    json["first"] = {{"loss_ce", steps.front().loss_ce}, {"loss_kl", steps.front().loss_kl}};
    json["last"] = {{"loss_ce", steps.back().loss_ce}, {"loss_kl", steps.back().loss_kl}};
  }
  return json;
}

std::string as_text(const nlohmann::ordered_json& summary, DType dtype, bool free) {
  const auto figure = [&](const char* name) { return summary.at(name).get<double>(); };
  std::string text = fmt::format(
      "Largest over {} steps, in {}:\n"
      "  |CE - KL - H(p)|            {:.3g}\n"
      "  gradients, absolute         {:.3g}\n"
      "  gradients, relative         {:.3g}  (to the largest of the same tensor)\n"
      "  gradients, scaled ulps      {:.3g}  (ulps of that largest)\n"
      "  gradients, elementwise ulps {:.3g}  (unbounded: a sum whose terms cancel keeps no digits)\n"
      "  |CE - plain|                {:.3g}  (plain: -sum p (z - log(sum(exp(z)))) in float64)\n"
      "  gradients in logits         {:.3g}  (of CE and plain, times N: a row's is q - p)\n"
      "  weights                     {:.3g}, all equal after {} of the steps\n",
      summary.at("steps").get<int>(), name_of(dtype), figure("max_abs_residual"), figure("max_abs_gradient_difference"),
      figure("max_relative_gradient_difference"), figure("max_scaled_ulp_difference"), figure("max_ulp_difference"),
      figure("max_abs_plain_residual"), figure("max_plain_gradient_difference"), figure("max_abs_weight_difference"),
      summary.at("steps_with_equal_weights").get<int>());
  if (free) {
    return text +
           "Two trainings part at the first rounding, and what they differ by grows with every step: that is the\n"
           "training's doing, not the losses'. Lock-step shows the losses at the same weights.\n";
  }
  if (dtype == DType::float32) {
    text +=
        "The two paths round differently: cross entropy subtracts p from q and scales the difference, the KL\n"
        "divergence scales both and then subtracts. Some 6e-8 of every logit's gradient is all that enters; the\n"
        "layers below add it up over images and positions, where larger terms cancel. In float64 the same happens,\n"
        "5e8 times smaller.\n";
  }
  return text;
}

std::string example_table(const Break& broken) {
  const Reading first = read(broken.losses.first, broken.example_p, broken.example_logits);
  const Reading second = read(broken.losses.second, broken.example_p, broken.example_logits);
  std::string table = fmt::format("One row: p = {}, logits {}\n", vector_text(broken.example_p.to_vector()),
                                  vector_text(broken.example_logits.to_vector()));
  table += fmt::format("  {:<28} {:>9.4f}   gradient {}\n", broken.first_name, first.loss, vector_text(first.gradient));
  table +=
      fmt::format("  {:<28} {:>9.4f}   gradient {}\n", broken.second_name, second.loss, vector_text(second.gradient));
  return table;
}

nlohmann::ordered_json example_json(const Break& broken) {
  const Reading first = read(broken.losses.first, broken.example_p, broken.example_logits);
  const Reading second = read(broken.losses.second, broken.example_p, broken.example_logits);
  return {{"p", broken.example_p.to_vector()},
          {"logits", broken.example_logits.to_vector()},
          {"first", {{"name", broken.first_name}, {"loss", first.loss}, {"gradient", first.gradient}}},
          {"second", {{"name", broken.second_name}, {"loss", second.loss}, {"gradient", second.gradient}}}};
}

}  // namespace gibbs::examples
