// The calls of a model, as a tree, and the lines that a summary shows of them. Three or more equal siblings in a row
// become one line; what is inside of them is shown once, indented. It knows nothing of modules: summary.cpp tells it
// what was called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gibbs::nn::detail {

struct SeenCall {
  std::string path, description, output;
  std::vector<std::int64_t> sizes;  // of parameters and buffers of its own
  bool has_line;                    // false for a module that only holds others
  std::int64_t parameters;          // numbers of its own that no call before it had
  double flops;
  std::vector<SeenCall> inside = {};
};

struct SummaryLine {
  std::string title, output;
  std::int64_t parameters;
  double flops;
};

class CallTree {
 public:
  /// Calls in the order in which they end: what is at paths below is inside.
  void add(SeenCall call);
  bool empty() const { return calls_.empty(); }
  /// Line by line. An indented line belongs to one of those that the line above it has folded, and is contained in that
  /// line's numbers: lines that are not indented add up to the whole.
  std::vector<SummaryLine> lines() const;

 private:
  std::vector<SeenCall> calls_;
};

}  // namespace gibbs::nn::detail
