// What the losses should be, in float64 by loops that follow the definitions and nothing of the library's code.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::oracle {

using Row = std::vector<double>;
using Matrix = std::vector<Row>;

inline Matrix matrix_of(const Tensor& x) {
  Matrix rows(static_cast<std::size_t>(x.size(0)), Row(static_cast<std::size_t>(x.size(1))));
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    for (std::int64_t k = 0; k < x.size(1); ++k) {
      rows[n][k] = x.at({n, k});
    }
  }
  return rows;
}

/// ln softmax(z).
inline Row log_softmax(const Row& z) {
  double largest = -std::numeric_limits<double>::infinity();
  for (double v : z) {
    largest = std::max(largest, v);
  }
  double total = 0;
  for (double v : z) {
    total += std::exp(v - largest);
  }
  Row y;
  for (double v : z) {
    y.push_back(v - largest - std::log(total));
  }
  return y;
}

inline Row softmax(const Row& z) {
  Row q;
  for (double v : log_softmax(z)) {
    q.push_back(std::exp(v));
  }
  return q;
}

/// -sum w p ln q.
inline double cross_entropy(const Row& p, const Row& log_q, const Row& w) {
  double loss = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (p[k] > 0) {
      loss -= w[k] * p[k] * log_q[k];
    }
  }
  return loss;
}

/// sum w p (ln p - ln q).
inline double kl_divergence(const Row& p, const Row& log_q, const Row& w) {
  double loss = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (p[k] > 0) {
      loss += w[k] * p[k] * (std::log(p[k]) - log_q[k]);
    }
  }
  return loss;
}

/// -sum p ln p.
inline double entropy(const Row& p) {
  double h = 0;
  for (double v : p) {
    h -= v > 0 ? v * std::log(v) : 0;
  }
  return h;
}

}  // namespace gibbs::oracle
