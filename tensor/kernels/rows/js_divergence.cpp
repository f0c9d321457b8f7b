// With q = softmax(z), s = p + q and d = (q - p) / s, the term of a class is p ln(1 - d) / 2 + q ln(1 + d) / 2. For
// small d the two cancel, and it is s/4 d^2 (1 + d^2/6 + d^4/15 + ...), coefficients 1 / (n (2n - 1)).
//
// The gradient needs the same logarithms. For class indices they are known at every class but one.
#include "gibbs/tensor/kernels/rows/js_divergence.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <vector>

#include "gibbs/tensor/kernels/rows/coefficient_rows.h"
#include "gibbs/tensor/kernels/rows/scratch.h"
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

namespace gibbs::kernels::rows {
namespace {

constexpr double kSmall = .1;  // |d| below which a few terms of the series are exact to the last bits

/// A sum p + q that is this small has an inverse, and its logarithms count for nothing.
template <class T>
constexpr T kTiny = 4 * std::numeric_limits<T>::min();

/// What one group works on, all [steps, L].
template <class T, int L>
struct Work {
  explicit Work(std::int64_t room)
      : memory(4 * room), p(memory.data()), q(p + room), log_q_over_m(q + room), terms(log_q_over_m + room) {}

  Scratch<T> memory;
  T *p, *q, *log_q_over_m, *terms;
};

/// w [K].
template <class T>
class ClassWeights {
 public:
  explicit ClassWeights(const Tensor& w)
      : w_(w.data<T>()), classes_(w.numel()), alike_(std::all_of(w_, w_ + classes_, [&](T x) { return x == w_[0]; })) {
    if (classes_ >= kLongRow) {
      padded_.assign(w_, w_ + classes_);
      padded_.resize(padded_.size() + kSpread<T>);
    }
  }

  /// w of the classes of one step.
  template <int L, bool spread>
  Lanes<T, L> of_step(const SoftmaxGroup<T, L, spread>& /*group*/, std::int64_t step) const {
    if constexpr (spread) {
      return lanes<L>(padded_.data() + step * L);
    } else {
      return repeated<L>(w_[step]);
    }
  }

  /// y [L] = w at the classes `label` [L].
  template <int L, bool spread>
  void at_class(const SoftmaxGroup<T, L, spread>& group, const typename SoftmaxGroup<T, L, spread>::Label* label,
                T* y) const {
    if (alike_) {
      lanes<L>(y) = repeated<L>(w_[0]);
    } else {
      CoefficientRows<T>::look_up(group, w_, label, y);
    }
  }

 private:
  const T* w_;
  std::int64_t classes_;
  bool alike_;
  std::vector<T> padded_;  // for long rows: whole vectors
};

/// Logarithms and terms JS_k of `steps` steps from their p and q. As 0 ln 0 = 0, the logarithm of 0 is 0.
/// `p_is_one` leaves out what only other p need.
template <class T, int L, bool p_is_one>
void compare(std::int64_t steps, Work<T, L>& s) {
  using V = Lanes<T, L>;
  for (std::int64_t at = 0; at < steps * L; at += L) {
    const V p = lanes<L>(s.p + at), q = lanes<L>(s.q + at), sum = p + q;
    const auto larger_one = [&](const V& if_q, const V& if_p) -> V { return p_is_one ? if_p : q > p ? if_q : if_p; };
    const V one_over_sum = 1 / (p_is_one ? sum : sum > kTiny<T> ? sum : V{} + kTiny<T>);
    const V d = (q - p) * one_over_sum, d2 = d * d;
    const V size = larger_one(d, -d);
    // ln(1 - |d|) = ln(2 min(p, q) / s): where that is below 1/2, only the quotient is exact, elsewhere only 1 - |d|.
    const V quotient = 2 * larger_one(p, q) * one_over_sum;
    const V log_of_smaller = log_of_positive<T, L>(size < T{.5} ? 1 - size : quotient, -size);
    const V log_of_larger = log_of_one_plus<T, L>(size);
    V log_p_over_m = larger_one(log_of_smaller, log_of_larger),
      log_q_over_m = larger_one(log_of_larger, log_of_smaller);
    log_p_over_m = p_is_one ? log_p_over_m : p > 0 ? log_p_over_m : V{};
    log_q_over_m = q > 0 ? log_q_over_m : V{};
    V series = {};  // sum_n d^(2n) / (n (2n - 1))
    for (int n = sizeof(T) == 4 ? 4 : 8; n >= 1; --n) {
      series = d2 * (T{1} / static_cast<T>(n * (2 * n - 1)) + series);
    }
    const V by_logarithms = (p * log_p_over_m + q * log_q_over_m) / 2;
    lanes<L>(s.log_q_over_m + at) = log_q_over_m;
    lanes<L>(s.terms + at) = d2 < static_cast<T>(kSmall * kSmall) ? (p + q) / 4 * series : by_logarithms;
  }
}

/// 1 / total of each row: softmax = exponential * inverse.
template <class T, int L, bool spread>
void invert_totals(const SoftmaxGroup<T, L, spread>& group, T* inverse) {
  constexpr int S = kSums<L>;
  convert<L, S>([&group](int i) { return lanes<S>(group.total + i); }, inverse);
  lanes<L>(inverse) = 1 / lanes<L>(inverse);
}

// A class with p = 0 has m = q / 2, ln(q / m) = ln 2 and JS_k = q ln 2 / 2: only classes with p > 0 need logarithms.
// With h = ln 2 / 2, S = the sum of w_k q_k over p_k = 0, and sums over p_k > 0:
//     loss = h S + sum w_k JS_k,   dz_k = dy q_k (g_k - h S - sum q_k g_k),   g_k = w_k ln(q_k / m_k) / 2, or h w_k
constexpr double kHalfLog2 = std::numbers::ln2 / 2;

/// What the classes with p > 0 add to the sums of each row; they may be all of the classes, or a few in a list.
template <class T, int L>
struct Sums {
  template <bool spread>
  Sums(const SoftmaxGroup<T, L, spread>& group, const T* terms, const T* q_times_g) {
    group.sum_classes(terms, loss);
    group.sum_classes(q_times_g, mean);
  }
  /// Of one class.
  Sums(const T* term, const T* q_times_g) {
    constexpr int S = kSums<L>;
    for (int i = 0; i < L; i += S) {
      lanes<S>(loss + i) = wide<S>(term + i);
      lanes<S>(mean + i) = wide<S>(q_times_g + i);
    }
  }
  /// others: [L], the sum of w_k exponential_k over p_k = 0.
  void add_others(const T* inverse, const double* others) {
    constexpr int S = kSums<L>;
    for (int i = 0; i < L; i += S) {
      const auto from_others = kHalfLog2 * lanes<S>(others + i) * wide<S>(inverse + i);
      lanes<S>(loss + i) += from_others;
      lanes<S>(mean + i) += from_others;
    }
  }
  double loss[L], mean[L];
};

template <class T, int L, bool spread>
void write_losses(const SoftmaxGroup<T, L, spread>& group, const Sums<T, L>& sums, T* losses) {
  group.write_rows(sums.loss, losses);
}

/// dz [steps, L] from g(step) [L].
template <class T, int L, bool spread, class G>
void write_gradient(const SoftmaxGroup<T, L, spread>& group, const T* inverse, const Sums<T, L>& sums,
                    const RowValues<T>& dy, G g, T* dz) {
  T scale[L], row_dy[L], mean[L];
  group.read(dy, row_dy);
  lanes<L>(scale) = lanes<L>(inverse) * lanes<L>(row_dy);
  constexpr int S = kSums<L>;
  convert<L, S>([&sums](int i) { return lanes<S>(sums.mean + i); }, mean);
  for (std::int64_t k = 0; k < group.steps; ++k) {
    lanes<L>(dz + k * L) = lanes<L>(scale) * lanes<L>(group.exponential + k * L) * (g(k) - lanes<L>(mean));
  }
}

/// Losses, and the gradient (if dy is defined) laid out as the group, for distributions. dz is working space, too.
template <class T, int L, bool spread>
void run_dense(const SoftmaxGroup<T, L, spread>& group, const CoefficientRows<T>& p, const ClassWeights<T>& w,
               const RowValues<T>& dy, T* losses, T* dz) {
  using V = Lanes<T, L>;
  Work<T, L> work(group.room());
  T inverse[L];
  invert_totals(group, inverse);
  for (std::int64_t at = 0; at < group.steps * L; at += L) {
    lanes<L>(work.q + at) = lanes<L>(group.exponential + at) * lanes<L>(inverse);
  }
  p.read(group, work.p);
  compare<T, L, /*p_is_one=*/false>(group.steps, work);
  T* g = work.log_q_over_m;
  for (std::int64_t k = 0, at = 0; k < group.steps; ++k, at += L) {
    const auto positive = lanes<L>(work.p + at) > 0;
    const V w_k = w.of_step(group, k);
    const V weighted = w_k * lanes<L>(group.exponential + at), term = w_k * lanes<L>(work.terms + at);
    lanes<L>(dz + at) = positive ? V{} : weighted;
    lanes<L>(work.terms + at) = positive ? term : V{};
    const V by_logarithm = w_k * lanes<L>(g + at) / 2, product = lanes<L>(work.q + at) * by_logarithm;
    lanes<L>(g + at) = positive ? by_logarithm : static_cast<T>(kHalfLog2) * w_k;
    lanes<L>(work.q + at) = positive ? product : V{};
  }
  double others[L];
  group.sum_classes(dz, others);
  Sums<T, L> sums(group, work.terms, work.q);
  sums.add_others(inverse, others);
  write_losses(group, sums, losses);
  if (dy.data != nullptr) {
    write_gradient(
        group, inverse, sums, dy, [g](std::int64_t k) -> const V& { return lanes<L>(g + k * L); }, dz);
  }
}

/// The same, to the bit, where p is 1 at the row's class y and 0 elsewhere.
template <class T, int L, bool spread>
void run_one_hot(const SoftmaxGroup<T, L, spread>& group, const CoefficientRows<T>& p, const ClassWeights<T>& w,
                 const RowValues<T>& dy, T* losses, T* dz) {
  using V = Lanes<T, L>;
  typename SoftmaxGroup<T, L, spread>::Label y[L];
  p.labels(group, y);
  const auto is_y = [&](std::int64_t k) { return lanes<L>(y) == group.classes_of(k); };
  // One pass finds e^z at the class, and adds up the rest.
  constexpr int S = kSums<L>;
  V at_class = {};
  Lanes<double, S> sum[L / S] = {};
  for (std::int64_t k = 0; k < group.steps; ++k) {
    const V exponential = lanes<L>(group.exponential + k * L), weighted = w.of_step(group, k) * exponential;
    at_class = is_y(k) ? exponential : at_class;
    lanes<L>(dz + k * L) = is_y(k) ? V{} : weighted;
    for (int s = 0; s < L / S; ++s) {
      sum[s] += wide<S>(dz + k * L + s * S);
    }
  }
  double others[L];
  for (int s = 0; s < L / S; ++s) {
    lanes<S>(others + s * S) = sum[s];
  }
  group.gather(others);
  T exponential_y[L];
  lanes<L>(exponential_y) = at_class;
  group.gather(exponential_y);

  Work<T, L> at_y(L);
  T w_y[L];
  T inverse[L];
  invert_totals(group, inverse);
  lanes<L>(at_y.q) = lanes<L>(exponential_y) * lanes<L>(inverse);
  p.own(group, y, at_y.p);
  w.at_class(group, y, w_y);
  compare<T, L, /*p_is_one=*/true>(1, at_y);
  lanes<L>(at_y.terms) *= lanes<L>(w_y);
  const V g_y = lanes<L>(w_y) * lanes<L>(at_y.log_q_over_m) / 2;
  lanes<L>(at_y.q) *= g_y;
  Sums<T, L> sums(at_y.terms, at_y.q);
  sums.add_others(inverse, others);
  write_losses(group, sums, losses);
  if (dy.data != nullptr) {
    const auto g = [&](std::int64_t k) -> V { return is_y(k) ? g_y : static_cast<T>(kHalfLog2) * w.of_step(group, k); };
    write_gradient(group, inverse, sums, dy, g, dz);
  }
}

}  // namespace

LossesAndGradient js_divergence(const Coefficients& p, const Tensor& w, const Tensor& z, const Tensor& dy,
                                Output output) {
  LossesAndGradient result(z, dy, output);
  dispatch_floating(z.dtype(), "js_divergence", [&](auto zero) {
    using T = decltype(zero);
    const CoefficientRows<T> p_rows(p);
    const ClassWeights<T> weights(w);
    T* losses = output == Output::each_row ? result.losses.mutable_data<T>() : nullptr;
    T* dz = dy.defined() ? result.dz.mutable_data<T>() : nullptr;
    const RowValues<T> row_dy(dy);
    const bool one_hot = p_rows.one_hot();
    result.sum = for_softmax_groups<T>(z, [&]<int L, bool spread>(const SoftmaxGroup<T, L, spread>& group) {
      Scratch<T> transposed(group.room()), scratch(group.room());
      const auto& run_group = one_hot ? run_one_hot<T, L, spread> : run_dense<T, L, spread>;
      run_group(group, p_rows, weights, row_dy, losses, transposed.data());
      if (dz != nullptr) {
        group.put_back(transposed.data(), scratch.data(), dz);
      }
    });
  });
  return result;
}

}  // namespace gibbs::kernels::rows
