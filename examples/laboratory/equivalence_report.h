// What the laboratory leaves behind: tables on the screen, steps.csv, the figures of equivalence.json, pictures.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "examples/laboratory/breaks.h"
#include "examples/laboratory/logit_gradients.h"
#include "examples/laboratory/training_curve.h"

namespace gibbs::examples {

/// The table of part 1.
std::string as_table(const std::vector<LogitGradientRow>& rows);
nlohmann::ordered_json as_json(const std::vector<LogitGradientRow>& rows);

/// One line per step. After the columns that compare losses come those that say how the gradients were compared.
std::string as_csv(const std::vector<StepReport>& steps);

/// The largest figures of all steps.
nlohmann::ordered_json summary_of(const std::vector<StepReport>& steps);
/// The summary in words, and why it is not all zeros.
std::string as_text(const nlohmann::ordered_json& summary, DType dtype, bool free);

/// Both readings of a break's example row, as a table and as JSON.
std::string example_table(const Break& broken);
nlohmann::ordered_json example_json(const Break& broken);

/// folder/equivalence.svg and .png: both losses; below, on a logarithmic scale, what is left of their difference.
void draw_equivalence(const std::filesystem::path& folder, const std::vector<StepReport>& steps, bool free);

/// folder/break_<name>.svg and .png: cross entropy on the batch and accuracy, one colour a training, running means over
/// 10 steps.
void draw_break(const std::filesystem::path& folder, const std::string& name, const std::vector<TrainingCurve>& curves);

}  // namespace gibbs::examples
