#include "examples/doctor/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "examples/doctor/cpu.h"
#include "examples/doctor/yardstick.h"
#include "examples/networks/article_convnet.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/loader.h"
#include "gibbs/gibbs.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/tensor/kernels/gemm.h"

namespace gibbs::examples {
namespace {

/// /sys/fs/cgroup/cpu.max holds "quota period" in microseconds, or "max period".
double container_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period && period > 0 ? quota / period : 0;
}

double load_average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

/// Times of `rounds` runs in ascending order, after one that is not counted.
std::vector<double> times(int rounds, const std::function<void()>& work) {
  work();
  std::vector<double> result(static_cast<std::size_t>(rounds));
  std::generate(result.begin(), result.end(), [&work] { return seconds(work); });
  std::sort(result.begin(), result.end());
  return result;
}

/// The best of three, after one that is not counted.
double best_rate(const std::function<double()>& rate) {
  rate();
  return std::max({rate(), rate(), rate()});
}

/// Times of products of 2048 x 2048 matrices.
std::vector<double> product_times(int rounds) {
  const Tensor a = Tensor::ones({2048, 2048}), b = Tensor::ones({2048, 2048});
  return times(rounds, [&] { kernels::matmul(a, b); });
}

double product_rate(double time) { return 2e-9 * 2048.0 * 2048.0 * 2048.0 / time; }

/// The step of the article's training on drawn pictures, beside what the machine could do.
Judgement judge_step(std::int64_t batch_size) {
  nn::Sequential model = article_convnet(0);
  optim::Adam adam(nn::parameters(model), {.learning_rate = 1e-3});
  const data::ImageDataset images = data::drawn_images(2000, 0);
  data::DataLoader loader(images, {.batch_size = batch_size});
  nn::TrainingLoop loop;
  const auto step = [&] {
    const data::Batch batch = loader.next();
    const nn::ForwardScope scope = loop.next(batch.rows);
    adam.clear_gradients();
    backward(losses::cross_entropy_with_logits(batch.target(), model(batch.input())));
    adam.step();
  };
  step();
  return judge(article_step(batch_size), 15, step);
}

}  // namespace

Machine look_at_machine() {
  const char* request = std::getenv("OPENBLAS_CORETYPE");
  const Cpu cpu = this_cpu();
  return {.cpu = cpu.name,
          .processors = static_cast<int>(std::thread::hardware_concurrency()),
          .usable = usable_processors(),
          .quota = container_quota(),
          .load = load_average(),
          .level = cpu.level,
          .vector_bytes = cpu.vector_bytes,
          .library = build_info(),
          .fusion = nn::fusion_enabled(),
          .threads = num_threads(),
          .gemm = kernels::gemm_description(),
          .uses_blas = kernels::gemm_in_use() != kernels::Gemm::own,
          .blas_core = kernels::blas_core_name(),
          .blas_bytes = kernels::blas_vector_bytes(),
          .blas_request = request == nullptr ? "" : request};
}

std::string describe_products(const Machine& machine) {
  const bool names_core = !machine.blas_core.empty() && machine.gemm.find(machine.blas_core) != std::string::npos;
  return machine.gemm + (names_core && !machine.blas_request.empty() ? ", as OPENBLAS_CORETYPE asks" : "");
}

Measured measure() {
  constexpr std::int64_t kBatch = 250;
  const int threads = num_threads();
  Measured measured;
  set_num_threads(1);
  measured.memory_one = best_rate([memory = MemoryStream()]() mutable { return memory.rate(); });
  measured.peak_one = best_rate(multiply_add_rate);
  measured.sgemm_one = product_rate(product_times(2).front());
  set_num_threads(threads);
  const std::vector<double> products = product_times(7);
  measured.sgemm_all = product_rate(products.front());
  measured.sgemm_spread = products.back() / products.front();
  const Judgement step = judge_step(kBatch);
  measured.memory_all = step.gb_per_s;
  measured.peak_all = step.gflop_per_s;
  measured.step_ms = step.step_ms;
  measured.ideal_ms = step.ideal_ms();
  measured.efficiency = step.efficiency();
  return measured;
}

std::vector<std::string> findings(const Machine& machine, const Measured& measured) {
  std::vector<std::string> found;
  const auto say = [&found](bool is_so, std::string text) {
    if (is_so) {
      found.push_back(std::move(text));
    }
  };
  say(!machine.library.optimized,
      "this is a build for debugging, many times slower; build with cmake --preset release");
  say(machine.library.instruction_set < machine.level || machine.library.vector_bytes < machine.vector_bytes,
      fmt::format(
          "the library was compiled for {} (vectors of {} bytes), the CPU has {} ({} bytes); build on this machine "
          "with -DGIBBS_NATIVE=ON, or with scripts/portable.sh",
          machine.library.instruction_set, machine.library.vector_bytes, machine.level, machine.vector_bytes));
  say(!machine.fusion, "layers are not fused, since GIBBS_FUSE is 0; unset it");
  say(machine.uses_blas && machine.blas_bytes > 0 && machine.blas_bytes < machine.vector_bytes,
      fmt::format("OpenBLAS multiplies with its kernels for {}, whose vectors are of {} bytes, and the CPU has {}; {}",
                  machine.blas_core, machine.blas_bytes, machine.vector_bytes,
                  machine.blas_request.empty() ? "compare with GIBBS_GEMM=own" : "unset OPENBLAS_CORETYPE"));
  say(machine.threads > machine.usable,
      fmt::format("{} threads share {} processors; use --threads {}", machine.threads, machine.usable, machine.usable));
  say(machine.threads < machine.usable, fmt::format("{} of {} processors are used; --threads {} uses all",
                                                    machine.threads, machine.usable, machine.usable));
  say(machine.quota > 0 && machine.quota < machine.threads,
      fmt::format("the container may use {:.1f} processors' worth of time, the program has {} threads; raise its limit",
                  machine.quota, machine.threads));
  say(machine.load > 0.5,
      fmt::format("other programs were running: the load average was {:.1f}; stop them, or wait", machine.load));
  say(measured.sgemm_spread > 1.3,
      fmt::format("the slowest of seven equal products took {:.1f} times as long as the fastest; something else uses "
                  "the processors",
                  measured.sgemm_spread));
  say(machine.threads > 1 && measured.sgemm_all < 0.75 * machine.threads * measured.sgemm_one,
      fmt::format("{} threads multiply {:.1f} times as fast as one; processors that share a core, or are busy, do that",
                  machine.threads, measured.sgemm_all / measured.sgemm_one));
  say(measured.efficiency < kLeastEfficiency,
      fmt::format("the training step reaches {:.2f} of what multiply-adds and memory allow here; {} and more is usual",
                  measured.efficiency, kLeastEfficiency));
  return found;
}

}  // namespace gibbs::examples
