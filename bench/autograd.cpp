// What the tape itself costs: chains of adds of scalars, where the arithmetic is nothing. Nanoseconds per op to record
// (forward), to differentiate (backward, which consumes the graph) and to free; and a graph of 10^6 nodes from making
// to freeing. Medians over rounds. Usage: autograd [rounds]
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <vector>

#include "bench/timing.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"

namespace {

using namespace gibbs;
using bench::median;

double seconds(const std::function<void()>& work) { return 1e-3 * bench::milliseconds(work); }

struct Times {
  double forward, backward, free;
};

/// y = x + other + other + ...: with other a constant every node has one input, with other = x two.
Times chain(int length, bool other_is_traced) {
  const Variable x = Variable::leaf(Tensor::ones({}));
  const Variable other = other_is_traced ? x : Variable(Tensor::ones({}));
  Variable y = x;
  Times times{};
  times.forward = seconds([&] {
    for (int i = 0; i < length; ++i) {
      y = y + other;
    }
  });
  times.backward = seconds([&] { grad(y, {x}); });
  times.free = seconds([&] { y = {}; });
  return times;
}

void print_chain(const char* name, int length, int rounds, bool other_is_traced) {
  std::vector<double> forward, backward, free;
  for (int round = -2; round < rounds; ++round) {  // the first two warm up
    const Times times = chain(length, other_is_traced);
    if (round >= 0) {
      forward.push_back(times.forward / length * 1e9);
      backward.push_back(times.backward / length * 1e9);
      free.push_back(times.free / length * 1e9);
    }
  }
  fmt::print("{:30} {:10.0f} {:10.0f} {:10.0f}\n", name, median(forward), median(backward), median(free));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 301;
  fmt::print("{:30} {:>10} {:>10} {:>10}\n", "ns per op", "forward", "backward", "free");
  print_chain("1,000 adds of a constant", 1000, rounds, false);
  print_chain("1,000 adds of the leaf", 1000, rounds, true);
  const int few = std::max(1, rounds / 60);
  print_chain("1,000,000 adds of a constant", 1'000'000, few, false);
  std::vector<double> whole;
  for (int round = 0; round < few; ++round) {
    whole.push_back(seconds([] { chain(1'000'000, false); }));
  }
  fmt::print("1,000,000 nodes, made, differentiated and freed: {:.2f} s\n", median(whole));
}
