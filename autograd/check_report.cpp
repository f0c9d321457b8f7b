#include "gibbs/autograd/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <ostream>

#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/plain_text.h"

namespace gibbs {
namespace {

const char* name_of(CheckLine::Result result) {
  switch (result) {
    case CheckLine::Result::ok:
      return "ok";
    case CheckLine::Result::failed:
      return "FAILED";
    default:
      return "skipped";
  }
}

bool is_near(double actual, double expected, double tolerance) {
  if (!std::isfinite(expected)) {
    return std::isnan(expected) ? std::isnan(actual) : actual == expected;
  }
  return std::abs(actual - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

/// Throws with the first element for which `equal` is false.
template <class Equal>
void check_elements(const std::string& what, const Tensor& actual, const Tensor& expected, Equal equal) {
  check(actual.shape() == expected.shape(), what, ": shape ", actual.shape(), ", expected ", expected.shape());
  const std::vector<double> a = actual.to_vector(), e = expected.to_vector();
  std::size_t first = a.size(), different = 0;
  for (std::size_t k = a.size(); k-- > 0;) {
    if (!equal(a[k], e[k])) {
      first = k;
      ++different;
    }
  }
  if (different > 0) {
    fail(what,
         fmt::format(": element {}: {}, expected {}; {} of {} differ", first, a[first], e[first], different, a.size()));
  }
}

/// The number of threads, put back at the end.
class ThreadCount {
 public:
  ThreadCount() : before_(num_threads()) {}
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { set_num_threads(before_); }

 private:
  int before_;
};

}  // namespace

CheckReport::operator bool() const {
  return std::none_of(lines.begin(), lines.end(),
                      [](const CheckLine& line) { return line.result == CheckLine::Result::failed; });
}

const CheckLine& CheckReport::operator[](const std::string& check_name) const {
  const auto line = std::find_if(lines.begin(), lines.end(), [&](const CheckLine& l) { return l.check == check_name; });
  check(line != lines.end(), subject, ": no check is named '", check_name, "'");
  return *line;
}

std::ostream& operator<<(std::ostream& out, const CheckReport& report) {
  const auto failed = std::count_if(report.lines.begin(), report.lines.end(),
                                    [](const CheckLine& line) { return line.result == CheckLine::Result::failed; });
  out << report.subject << ": "
      << (failed == 0 ? "every check passed" : fmt::format("{} of {} checks failed", failed, report.lines.size()));
  std::size_t width = 0;
  for (const CheckLine& line : report.lines) {
    width = std::max(width, line.check.size());
  }
  for (const CheckLine& line : report.lines) {
    out << fmt::format("\n  {:<7}  {:<{}}  {}", name_of(line.result), line.check, width, line.detail);
  }
  return out;
}

std::string to_string(const CheckReport& report) {
  PlainText text;
  text << report;
  return text.str();
}

bool detail::Checks::run(const std::string& check_name, const std::function<std::string()>& body) {
  if (stopped()) {
    return false;
  }
  try {
    report_.lines.push_back({check_name, CheckLine::Result::ok, body()});
  } catch (const Error& error) {
    report_.lines.push_back({check_name, CheckLine::Result::failed, error.what()});
    return false;
  }
  return true;
}

void detail::Checks::skip(const std::string& check_name, const std::string& reason) {
  if (!stopped()) {
    report_.lines.push_back({check_name, CheckLine::Result::skipped, reason});
  }
}

void detail::Checks::run_if(bool applies, const std::string& reason, const std::string& check_name,
                            const std::function<std::string()>& body) {
  if (applies) {
    run(check_name, body);
  } else {
    skip(check_name, reason);
  }
}

void detail::check_near(const std::string& what, const Tensor& actual, const Tensor& expected, double tolerance) {
  check_elements(what, actual, expected, [=](double a, double e) { return is_near(a, e, tolerance); });
}

void detail::check_same_bits(const std::string& what, const Tensor& actual, const Tensor& expected) {
  check(actual.dtype() == expected.dtype(), what, ": ", actual.dtype(), ", expected ", expected.dtype());
  // Every number of every dtype is a double, and NaNs keep their bits on the way.
  check_elements(what, actual, expected,
                 [](double a, double e) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(e); });
}

void detail::check_threads(const std::function<std::vector<Tensor>()>& body) {
  const ThreadCount restored;
  set_num_threads(1);
  const std::vector<Tensor> alone = body();
  for (const int threads : {2, 3}) {
    set_num_threads(threads);
    const std::vector<Tensor> together = body();
    for (std::size_t i = 0; i < alone.size(); ++i) {
      check_same_bits(fmt::format("{} of {} results, {} threads against 1", i + 1, alone.size(), threads), together[i],
                      alone[i]);
    }
  }
}

}  // namespace gibbs
