// Lesson 7: one gradient, three ways.
//
// A network with one hidden layer, h = tanh(x w1 + b1), y = h w2 + b2, and the mean squared error of y. Its gradient
//   - by a scalar tape (first_pages/scalar_tape.h, a whole engine in one small file): each operation on numbers is a
//   node;
//   - by the library: each operation on tensors is a node, so there are a dozen instead of thousands;
//   - by hand: the chain rule on paper, then loops, right only until the network changes.
// All three are the same numbers. Timings depend on the machine; that the scalar tape is slowest does not.
#include <gibbs/gibbs.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

#include "examples/first_pages/scalar_tape.h"
#include "examples/program/verdict.h"

using namespace gibbs;
using Numbers = std::vector<double>;

constexpr std::size_t N = 64, kIn = 4, kHidden = 16;  // samples, inputs, hidden units

struct Problem {
  Numbers x, target;       // [N, kIn], [N]
  Numbers w1, b1, w2, b2;  // [kIn, kHidden], [kHidden], [kHidden], [1]
};

/// d loss / d (w1, b1, w2, b2), in this order.
Numbers by_scalar_tape(const Problem& p) {
  examples::ScalarTape tape;
  const auto leaves = [&tape](const Numbers& values) {
    std::vector<examples::Scalar> result;
    for (double value : values) {
      result.push_back(tape.leaf(value));
    }
    return result;
  };
  const auto w1 = leaves(p.w1), b1 = leaves(p.b1), w2 = leaves(p.w2), b2 = leaves(p.b2);
  examples::Scalar loss = tape.leaf(0);
  for (std::size_t n = 0; n < N; ++n) {
    examples::Scalar y = b2[0];
    for (std::size_t j = 0; j < kHidden; ++j) {
      examples::Scalar z = b1[j];
      for (std::size_t i = 0; i < kIn; ++i) {
        z = z + w1[i * kHidden + j] * p.x[n * kIn + i];
      }
      y = y + tanh(z) * w2[j];
    }
    const examples::Scalar error = y + -p.target[n];
    loss = loss + error * error * (1.0 / N);
  }
  Numbers all = tape.gradients(loss);
  all.resize(p.w1.size() + p.b1.size() + p.w2.size() + p.b2.size());  // the leaves were first on the tape
  return all;
}

Numbers by_library(const Problem& p) {
  const auto leaf = [](const Numbers& values, const Shape& shape) {
    return Variable::leaf(Tensor::from(values, shape));
  };
  const Variable w1 = leaf(p.w1, {kIn, kHidden}), b1 = leaf(p.b1, {kHidden});
  const Variable w2 = leaf(p.w2, {kHidden, 1}), b2 = leaf(p.b2, {1});
  const Variable y = dense(tanh(dense(Tensor::from(p.x, {N, kIn}), w1, b1)), w2, b2);
  const Variable loss = mean(square(y - Tensor::from(p.target, {N, 1})));
  Numbers all;
  for (const Variable& gradient : grad(loss, {w1, b1, w2, b2})) {
    const Numbers values = gradient.value().to_vector();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

/// dy = 2 (y - t) / N;   dw2 = h^T dy,  db2 = sum dy;   dz = dy w2^T (1 - h^2);   dw1 = x^T dz,  db1 = sum dz.
Numbers by_hand(const Problem& p) {
  Numbers dw1(p.w1.size()), db1(kHidden), dw2(kHidden), db2(1), h(kHidden);
  for (std::size_t n = 0; n < N; ++n) {
    double y = p.b2[0];
    for (std::size_t j = 0; j < kHidden; ++j) {
      double z = p.b1[j];
      for (std::size_t i = 0; i < kIn; ++i) {
        z += p.x[n * kIn + i] * p.w1[i * kHidden + j];
      }
      h[j] = std::tanh(z);
      y += h[j] * p.w2[j];
    }
    const double dy = 2 * (y - p.target[n]) / N;
    db2[0] += dy;
    for (std::size_t j = 0; j < kHidden; ++j) {
      dw2[j] += h[j] * dy;
      const double dz = dy * p.w2[j] * (1 - h[j] * h[j]);
      db1[j] += dz;
      for (std::size_t i = 0; i < kIn; ++i) {
        dw1[i * kHidden + j] += p.x[n * kIn + i] * dz;
      }
    }
  }
  for (const Numbers& part : {db1, dw2, db2}) {
    dw1.insert(dw1.end(), part.begin(), part.end());
  }
  return dw1;
}

double microseconds(const std::function<Numbers(const Problem&)>& gradient, const Problem& p) {
  constexpr int kTimes = 100;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i) {
    gradient(p);
  }
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / kTimes;
}

double largest_difference(const Numbers& a, const Numbers& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

int lesson() {
  Rng rng(0);
  const auto draw = [&rng](std::size_t count) {
    return rng.uniform({static_cast<std::int64_t>(count)}, -1, 1, DType::float64).to_vector();
  };
  const Problem p{draw(N * kIn), draw(N), draw(kIn * kHidden), draw(kHidden), draw(kHidden), draw(1)};
  const Numbers tape = by_scalar_tape(p), library = by_library(p), hand = by_hand(p);

  fmt::print("{} parameters, {} samples; the first gradients, and microseconds for all:\n", hand.size(), N);
  const auto row = [&p](const char* name, const Numbers& gradient, const auto& function) {
    fmt::print("{:<12} {:>19.16f} {:>19.16f} {:>9.1f}\n", name, gradient[0], gradient[1], microseconds(function, p));
  };
  row("scalar tape", tape, by_scalar_tape);
  row("library", library, by_library);
  row("by hand", hand, by_hand);
  return examples::verdict({
      {"the scalar tape's gradients are those by hand, to 1e-12", largest_difference(tape, hand) < 1e-12},
      {"the library's gradients are those by hand, to 1e-12", largest_difference(library, hand) < 1e-12},
      {"they are not zeros", std::abs(hand[0]) > 1e-3},
  });
}

int main() { return examples::guarded(lesson); }
