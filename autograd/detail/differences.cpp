#include "gibbs/autograd/detail/differences.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gibbs/tensor/plain_text.h"

namespace gibbs::detail {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Differences of f at one place with one step.
struct Slopes {
  double below, above, central;
  double rounding;  // about what f's rounding adds to them

  double jump() const { return above - below; }
};

/// `value` is f(at).
Slopes slopes_at(const MovingFunction& f, double at, double value, double step) {
  const double high = at + step, low = at - step;
  const Moved f_high = f(high), f_low = f(low);
  return {.below = (value - f_low.by) / (at - low),
          .above = (f_high.by - value) / (high - at),
          .central = (f_high.by - f_low.by) / (high - low),
          .rounding = 2 * kEpsilon * std::max(f_high.magnitude, f_low.magnitude) / step};
}

/// Whether the largest bend near t stays the same size in ever smaller neighbourhoods.
bool bend_remains(const MovingFunction& f, double t, double step, double least) {
  constexpr int kHalvings = 8;
  double centre = t, bend = 0, largest = 0, rounding = 0;
  for (int k = 0; k < kHalvings; ++k) {
    step /= 2;
    const double middle = centre;
    bend = -1;
    for (const double at : {middle, middle - step, middle + step}) {
      const Slopes found = slopes_at(f, at, f(at).by, step);
      if (std::abs(found.jump()) > bend) {
        bend = std::abs(found.jump());
        rounding = found.rounding;
        centre = at;
      }
    }
    largest = std::max(largest, bend);
  }
  return bend > 0.3 * largest && bend > least + 8 * rounding;
}

/// Whether f' jumps within `step` of t. The first test costs little, and leaves few points to the second.
bool has_kink(const MovingFunction& f, double t, double step, const Slopes& first, const Slopes& half,
              double tolerance) {
  constexpr double kLeast = 1e-4;
  const double slope = std::max(std::abs(first.below), std::abs(first.above));
  const double least = std::max(tolerance, kLeast * slope) + 32 * first.rounding;
  if (std::abs(first.jump()) <= least) {
    return false;
  }
  bool suspected = std::abs(2 * half.jump() - first.jump()) > least;
  if (std::abs(half.jump()) > least) {
    suspected |= std::abs(2 * slopes_at(f, t, 0, step / 4).jump() - half.jump()) > least;
  }
  return suspected && bend_remains(f, t, step, tolerance);
}

double allowed_beside(double derivative, const GradcheckOptions& options) {
  return options.tolerance * std::max(1.0, std::abs(derivative));
}

struct Limit {
  double value = std::numeric_limits<double>::quiet_NaN(), error = kInfinity;
};

/// The best of `count` extrapolations with steps `step`, step factor, step factor^2 ...; factor is 1/2 or 2. Of those
/// that are as good as is asked for, the one with the smallest step.
Limit extrapolate(const MovingFunction& f, double t, double step, double factor, int count,
                  const GradcheckOptions& options) {
  const bool inward = factor < 1;
  Limit best;
  Slopes last = slopes_at(f, t, 0, step);
  double linear_before = best.value, before = best.value, change_before = kInfinity;
  for (int k = 0; k < count; ++k) {
    step *= factor;
    const Slopes next = slopes_at(f, t, 0, step);
    const Slopes &fine = inward ? next : last, &coarse = inward ? last : next;
    // The first line is free of multiples of the step, the second of multiples of its square.
    const double linear = 2 * fine.central - coarse.central;
    const double value = inward ? (4 * linear - linear_before) / 3 : (4 * linear_before - linear) / 3;
    const double change = std::abs(value - before), ratio = change / change_before;
    // Changes that shrink as a geometric series sum up to change / (1 - ratio).
    const double ahead = change <= fine.rounding ? change : change / std::max(1 - ratio, 1.0 / 16);
    const double error = ahead + std::abs(2 * fine.jump() - coarse.jump()) + fine.rounding;
    const bool smaller_will_do = inward && error <= allowed_beside(value, options) / 4;
    if (smaller_will_do || error < best.error) {
      best = {value, error};
    }
    last = next;
    linear_before = linear;
    before = value;
    change_before = change;
  }
  return best;
}

bool agree(double gradient, double derivative, double allowed) { return std::abs(gradient - derivative) <= allowed; }

}  // namespace

Differences differences(const MovingFunction& f, double t, double gradient, const GradcheckOptions& options) {
  const double step = options.step * std::max(1.0, std::abs(t));
  const Slopes first = slopes_at(f, t, 0, step), half = slopes_at(f, t, 0, step / 2);
  Differences found{first.central, 0, first.below, first.above, has_kink(f, t, step, first, half, options.tolerance)};
  // Twice, since a wrong gradient may happen to be as wrong as the first differences are.
  const double allowed = allowed_beside(first.central, options);
  if (found.kink || (agree(gradient, first.central, allowed) && agree(gradient, half.central, allowed))) {
    return found;
  }
  // Smaller steps against curvature; larger ones where f is so large that its rounding hides the slope.
  Limit limit = extrapolate(f, t, step, 0.5, 11, options);
  if (!(limit.error <= allowed_beside(limit.value, options) / 4)) {
    const Limit farther = extrapolate(f, t, step, 2, 13, options);
    limit = farther.error < limit.error ? farther : limit;
  }
  found.derivative = limit.value;
  found.error = limit.error;
  return found;
}

void GradientComparison::add(const std::string& input, const Shape& shape, std::int64_t k, double gradient,
                             const Differences& found) {
  any_nonzero_ |= std::abs(found.derivative) > options_.tolerance;
  PlainText message;
  message.precision(12);
  const double allowed = allowed_beside(found.derivative, options_);
  const bool wrong =
      !found.kink && std::isfinite(found.error) && !agree(gradient, found.derivative, allowed + found.error);
  if (!wrong && (found.kink || !(found.error <= allowed))) {
    if (unjudged_.empty()) {
      message << "gradcheck: " << (found.kink ? "kink" : "differences do not settle") << " at element " << k << " of "
              << input << " of shape " << shape << ": the slope is " << found.below << " below and " << found.above
              << " above it, the gradient " << gradient << "; differences prove nothing there: move the point";
      unjudged_ = message.str();
    }
    return;
  }
  const double error = std::abs(gradient - found.derivative) / std::max(1.0, std::abs(found.derivative));
  report_.largest_error = std::isnan(error) ? error : std::max(report_.largest_error, error);
  if (wrong && !failed()) {
    message << "gradcheck: " << input << " of shape " << shape << ", element " << k << ": the gradient is " << gradient
            << ", central differences give " << found.derivative;
    report_.message = message.str();
  }
}

GradcheckReport GradientComparison::report() const {
  GradcheckReport report = report_;
  if (!failed()) {
    report.message = unjudged_;
  }
  if (report.message.empty() && !any_nonzero_) {
    report.message = "gradcheck: every gradient is zero, which proves nothing; choose inputs that matter to the result";
  }
  report.ok = report.message.empty();
  return report;
}

}  // namespace gibbs::detail
