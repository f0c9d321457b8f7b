#include "tests/losses/extremes.h"

#include <sstream>

namespace gibbs::testing {
namespace {

template <class T>
struct Limits {
  static constexpr double kRelative = std::is_same_v<T, float> ? 1e-5 : 1e-13;
  static constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
  static constexpr double kSmallest = std::numeric_limits<T>::min(), kLargest = std::numeric_limits<T>::max();
};

constexpr double kCancelling = 8;  // epsilons of the sizes of terms

/// "" if `got` is what a T can hold of `exact`, which may be `off` by so many epsilons.
template <class T>
std::string complaint(T got, Wide exact, Wide off, double factor) {
  using L = Limits<T>;
  const Wide size = wide_abs(exact);
  if (exact != exact) {
    return "";
  }
  std::ostringstream text;
  text << got << " instead of " << static_cast<double>(exact);
  if (size > Wide{L::kLargest} * (1 - L::kRelative)) {
    const bool near_the_end = size < Wide{L::kLargest} * (1 + L::kRelative);
    return near_the_end || (std::isinf(got) && (got > 0) == (exact > 0)) ? "" : text.str();
  }
  const Wide allowed = factor * L::kRelative * size + L::kEpsilon * off + L::kSmallest;
  return wide_abs(Wide{got} - exact) <= allowed ? "" : text.str();
}

/// The inputs as the dtype holds them.
template <class T>
std::vector<Duals> as_held(const std::vector<Row>& inputs) {
  std::vector<Duals> held;
  for (const Row& row : inputs) {
    held.emplace_back();
    for (const double x : row) {
      held.back().push_back(static_cast<double>(static_cast<T>(x)));
    }
  }
  return held;
}

std::string written(const std::vector<Row>& inputs) {
  std::ostringstream text;
  text.precision(9);
  for (const Row& row : inputs) {
    text << "(";
    for (const double x : row) {
      text << " " << x;
    }
    text << " )";
  }
  return text.str();
}

template <class T>
void expect_right_in(DType dtype, const Extreme& loss, const std::vector<Row>& inputs) {
  std::vector<Duals> held = as_held<T>(inputs);
  const Dual value = loss.exact(held);
  const auto where = [&] {
    return loss.name + (sizeof(T) == 4 ? " in float32 at " : " in float64 at ") + written(inputs);
  };
  // Once with every input traced, and once with the last one alone, which some kernels are for.
  for (const std::size_t first : {std::size_t{0}, inputs.size() - 1}) {
    Variables x, traced;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor row =
          kernels::cast(Tensor::from(inputs[i], {1, static_cast<std::int64_t>(inputs[i].size())}), dtype);
      x.push_back(i < first ? Variable(row) : Variable::leaf(row));
    }
    traced.assign(x.begin() + static_cast<std::ptrdiff_t>(first), x.end());
    const Variable y = sum(loss.f(x));
    EXPECT_EQ(complaint(y.value().data<T>()[0], value.v, kCancelling * value.v_off, loss.factor), "")
        << "value of " << where();
    for (const bool create_graph : {false, true}) {
      const Variables dx = grad(y, traced, {.create_graph = create_graph, .retain_graph = true, .allow_unused = true});
      for (std::size_t i = first; i < inputs.size(); ++i) {
        for (std::size_t k = 0; k < inputs[i].size(); ++k) {
          held[i][k].d = 1;
          const Dual exact = loss.exact(held);
          held[i][k].d = 0;
          const T got = dx[i - first].defined() ? dx[i - first].value().data<T>()[k] : T{0};
          EXPECT_EQ(complaint(got, exact.d, kCancelling * exact.d_off + loss.epsilons_of_one, loss.factor), "")
              << "derivative in input " << i << " at " << k << (create_graph ? " by ops" : "") << " of " << where();
        }
      }
    }
  }
}

}  // namespace

Dual at_zero(const Dual& p) { return {0, p.d == 0 ? Wide{0} : Wide{kUndefined}}; }

Dual huber_of(const Dual& d, double delta) {
  const Dual size = abs(d);
  return size.v <= delta ? d * d / 2 : delta * (size - delta / 2);
}

Duals log_softmax_of(const Duals& z) {
  const std::size_t top = z[0].v < z[1].v ? 1 : 0;
  const Dual apart = z[1 - top] - z[top], rest = log1p(exp(apart));
  Duals log_q(2, 0.0);
  log_q[top] = -rest;
  log_q[1 - top] = apart - rest;
  return log_q;
}

void expect_right(const Extreme& loss, const std::vector<Row>& inputs) {
  expect_right_in<float>(DType::float32, loss, inputs);
  expect_right_in<double>(DType::float64, loss, inputs);
}

void expect_right_on_pairs(const Extreme& loss, const Row& first, const Row& second) {
  for (const double a : first) {
    for (const double b : second) {
      expect_right(loss, {{a}, {b}});
    }
  }
}

}  // namespace gibbs::testing
