// A complete engine for reverse-mode differentiation, of single numbers: a list of operations, each with the slopes
// toward its operands. Operations are appended as they happen, so the list is in topological order, and the backward
// pass is one loop from its end to its beginning. Everything the library adds to this is tensors, memory and speed.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace gibbs::examples {

class ScalarTape;

/// A number and its place on a tape.
struct Scalar {
  ScalarTape* tape;
  std::size_t place;
  double value;
};

class ScalarTape {
 public:
  /// A number that gradients are taken with respect to.
  Scalar leaf(double value) { return append(value, 0, 0, 0, 0); }

  /// An operation on the numbers at places a and b: its value, and its slopes d value / d a and d value / d b.
  Scalar append(double value, std::size_t a, double slope_a, std::size_t b, double slope_b) {
    steps_.push_back({{a, b}, {slope_a, slope_b}});
    return {this, steps_.size() - 1, value};
  }

  /// d y / d every number on the tape.
  std::vector<double> gradients(const Scalar& y) const {
    std::vector<double> gradient(steps_.size(), 0.0);
    gradient[y.place] = 1;
    for (std::size_t i = y.place + 1; i-- > 0;) {
      for (std::size_t k = 0; k < 2; ++k) {
        gradient[steps_[i].operand[k]] += gradient[i] * steps_[i].slope[k];
      }
    }
    return gradient;
  }

 private:
  struct Step {
    std::array<std::size_t, 2> operand;
    std::array<double, 2> slope;  // of a leaf: zeros
  };
  std::vector<Step> steps_;
};

inline Scalar operator+(const Scalar& a, const Scalar& b) {
  return a.tape->append(a.value + b.value, a.place, 1, b.place, 1);
}
inline Scalar operator*(const Scalar& a, const Scalar& b) {
  return a.tape->append(a.value * b.value, a.place, b.value, b.place, a.value);
}
inline Scalar operator+(const Scalar& a, double number) { return a.tape->append(a.value + number, a.place, 1, 0, 0); }
inline Scalar operator*(const Scalar& a, double number) {
  return a.tape->append(a.value * number, a.place, number, 0, 0);
}
inline Scalar tanh(const Scalar& a) {
  const double y = std::tanh(a.value);
  return a.tape->append(y, a.place, 1 - y * y, 0, 0);
}

}  // namespace gibbs::examples
