// Losses on logits against the memory they read and write: 1,000,000 rows of 10 float32 logits, class indices, forward
// and backward. The yardstick is reading and writing the 40 MB of logits three times, on the same threads, in the same
// run, in turn. Usage: losses [rounds] [threads]
#include "gibbs/losses/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <vector>

#include "bench/timing.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/tensor/parallel.h"
#include "gibbs/tensor/random.h"

namespace {

using namespace gibbs;

constexpr std::int64_t kRows = 1'000'000, kClasses = 10, kGrain = 1 << 16;

/// Adds 1 to every element, three times over.
void stream_three_times(Tensor& x) {
  float* data = x.mutable_data<float>();
  for (int pass = 0; pass < 3; ++pass) {
    parallel_for(0, x.numel(), kGrain, [=](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        data[i] += 1;
      }
    });
  }
}

struct Contender {
  const char* name;
  std::function<void()> work;
  std::vector<double> times = {};
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 21;
  if (argc > 2) {
    set_num_threads(std::atoi(argv[2]));
  }
  const Tensor logits = kernels::normal(RandomKey{}, {kRows, kClasses});
  Tensor labels = Tensor::uninitialized({kRows}, DType::int64);
  for (std::int64_t n = 0; n < kRows; ++n) {
    labels.mutable_data<std::int64_t>()[n] = n * 7 % kClasses;
  }
  Tensor memory = logits.clone();

  using Loss = Variable (*)(const losses::Target&, const Variable&, const losses::CategoricalOptions&);
  const auto forward_and_backward = [&](Loss loss) {
    return [&, loss] {
      const Variable z = Variable::leaf(logits);
      grad(loss(labels, z, {}), {z});
    };
  };
  std::vector<Contender> contenders = {
      {"read and write 3 times", [&] { stream_three_times(memory); }},
      {"cross entropy", forward_and_backward(losses::cross_entropy_with_logits)},
      {"KL divergence", forward_and_backward(losses::kl_divergence_with_logits)},
      {"JS divergence", forward_and_backward(losses::js_divergence_with_logits)},
  };
  for (int round = -2; round < rounds; ++round) {  // the first two warm up
    for (Contender& contender : contenders) {
      const double time = bench::milliseconds(contender.work);
      if (round >= 0) {
        contender.times.push_back(time);
      }
    }
  }
  const double yardstick = bench::median(contenders[0].times);
  fmt::print("{:24} {:>10} {:>8}\n", "1,000,000 x 10 float32", "median ms", "ratio");
  for (const Contender& contender : contenders) {
    const double time = bench::median(contender.times);
    fmt::print("{:24} {:10.2f} {:8.2f}\n", contender.name, time, time / yardstick);
  }
}
