// The claims of the article, each a function that explains, computes and reports one; figures go to lesson["A1"] and so
// on. A10 is missing: it is the experiment, the program cifar10_convnet.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "gibbs/tensor/tensor.h"

namespace gibbs::examples {

// What is measured: lesson_measures.cpp.
void information_of_events(nlohmann::ordered_json& lesson);        // A1
void entropy_as_mean_information(nlohmann::ordered_json& lesson);  // A2
void entropy_of_a_coin(nlohmann::ordered_json& lesson);            // A3
void models_of_the_worms(nlohmann::ordered_json& lesson);          // A4
void cross_entropy_of_the_worms(nlohmann::ordered_json& lesson);   // A5
void divergence_of_the_worms(nlohmann::ordered_json& lesson);      // A6
/// A4 for tooth counts of one's own; lesson["observed"].
void compare_observed(nlohmann::ordered_json& lesson, const std::string& file, const Tensor& observed);

// What is minimised: lesson_losses.cpp.
void ten_predictions(nlohmann::ordered_json& lesson);       // A7
void label_and_prediction(nlohmann::ordered_json& lesson);  // A8
void equivalence(nlohmann::ordered_json& lesson);           // A9

// What is no distance, and what is one: lesson_distances.cpp.
void asymmetry(nlohmann::ordered_json& lesson);       // A11
void jensen_shannon(nlohmann::ordered_json& lesson);  // A12

}  // namespace gibbs::examples
