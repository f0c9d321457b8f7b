// CheckReport: what a battery of checks found, a line per check. check_op.h and nn/check/check_layer.h return it.
//
//   square: 1 of 11 checks failed
//     ok       value              the oracle's, within 1e-12
//     FAILED   gradient           gradcheck: input 0 of shape [2], element 0: the gradient is 1.41, central ...
//     skipped  repeated input     there are no two inputs of one shape
//
// A check is a function that returns what it made sure of, or throws: every gibbs::Error is a failed line.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs {

struct CheckLine {
  enum class Result { ok, failed, skipped };

  std::string check;
  Result result;
  std::string detail;
};

struct CheckReport {
  std::string subject;
  std::vector<CheckLine> lines;

  /// No line failed.
  explicit operator bool() const;
  /// The line of a check. Throws when there is none of this name.
  const CheckLine& operator[](const std::string& check) const;
};

std::ostream& operator<<(std::ostream& out, const CheckReport& report);
std::string to_string(const CheckReport& report);

namespace detail {

/// Fills a report, check by check.
class Checks {
 public:
  explicit Checks(std::string subject, bool stop_at_failure = false)
      : report_{std::move(subject), {}}, stop_at_failure_(stop_at_failure) {}

  /// Runs a check and writes its line; true when it passed. Nothing is run, and no line written, after a failure that
  /// stops the battery.
  bool run(const std::string& check, const std::function<std::string()>& body);
  void skip(const std::string& check, const std::string& reason);
  /// Runs the check where `applies`, else skips it for this reason.
  void run_if(bool applies, const std::string& reason, const std::string& check,
              const std::function<std::string()>& body);

  const CheckReport& report() const { return report_; }

 private:
  bool stopped() const { return stop_at_failure_ && !report_; }

  CheckReport report_;
  bool stop_at_failure_;
};

/// Throws unless shapes are equal and |a - e| <= tolerance max(1, |e|) for every element; equal infinities are near,
/// and so are two NaN. The message begins with `what` and shows the first element that differs.
void check_near(const std::string& what, const Tensor& actual, const Tensor& expected, double tolerance);

/// Throws unless shape, dtype and all bits are equal.
void check_same_bits(const std::string& what, const Tensor& actual, const Tensor& expected);

/// Calls body() on 1, 2 and 3 threads and throws unless its results, tensors in a fixed order, have the same bits. The
/// number of threads is afterwards what it was.
void check_threads(const std::function<std::vector<Tensor>()>& body);

}  // namespace detail
}  // namespace gibbs
