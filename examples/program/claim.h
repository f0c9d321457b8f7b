// Claim: one numbered claim of the article, on the screen and in JSON by the same call, so that a reader of either can
// find the number in the other. A name that ends in _nats or _bits carries its unit.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gibbs/autograd/variable.h"
#include "gibbs/losses/reduction.h"

namespace gibbs::examples {

class Claim {
 public:
  /// Prints "A7  TITLE"; figures go to lesson[number].
  Claim(nlohmann::ordered_json& lesson, const std::string& number, const std::string& title);

  /// Prints a paragraph, indented.
  void say(const std::string& text) const;
  /// Prints "name  value unit  note" and stores the value under `name`; an infinite one as the text "infinite".
  void figure(const std::string& name, double value, const std::string& note = "");
  /// Prints and stores a measure in both units, name_nats and name_bits; `compute` gives it in one.
  void measure(const std::string& name, const std::function<Variable(losses::Base)>& compute,
               const std::string& note = "");
  /// Prints and stores a list.
  void figures(const std::string& name, const std::vector<double>& values);
  /// Prints and stores what follows from the figures.
  void verdict(const std::string& name, const std::string& text);

 private:
  nlohmann::ordered_json& json_;
};

/// Numbers as a float64 tensor, and a one-element result as a number.
inline Tensor vector(const NestedList& numbers) { return Tensor::of(numbers, DType::float64); }
inline double number(const Variable& x) { return x.value().item(); }
/// Coins as distributions: [N] to [N, 2], (p, 1 - p) in every row.
Tensor coins(const Tensor& heads);
/// max |a - b|.
double largest_difference(const Variable& a, const Variable& b);

/// Five digits after the point, none from 1000 on, or an exponent for what would be 0 by them.
std::string number_text(double value);

/// In which unit a figure was printed that has `digits` after its point: "nats", "bits", or "neither".
std::string unit_of(double printed, int digits, double nats, double bits);

}  // namespace gibbs::examples
