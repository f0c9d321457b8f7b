// doctor: what this machine can do, what this build of gibbs makes of it, and why a run may be slow. Takes seconds.
#include <nlohmann/json.hpp>

#include "examples/doctor/diagnosis.h"
#include "examples/program/json_file.h"
#include "examples/program/program.h"
#include "gibbs/gibbs.h"

namespace {

using namespace gibbs;

void run(const std::string& json_path) {
  const examples::Machine machine = examples::look_at_machine();
  fmt::print("gibbs      {}, {}, compiled for {}: vectors of {} bytes\n", kVersion,
             machine.library.optimized ? "optimized" : "for debugging", machine.library.instruction_set,
             machine.library.vector_bytes);
  fmt::print("CPU        {}: {} processors, {} of them usable; {}: vectors of {} bytes\n", machine.cpu,
             machine.processors, machine.usable, machine.level, machine.vector_bytes);
  fmt::print("Products   {}\n", examples::describe_products(machine));
  fmt::print("Fusion     {}\n", machine.fusion ? "on: convolution, ReLU and max pooling in a row are one op" : "off");
  std::fflush(stdout);

  const examples::Measured measured = examples::measure();
  fmt::print("{:>10} {:>12} {:>12}\n", "", "1 thread", fmt::format("{} threads", machine.threads));
  fmt::print("{:<10} {:>7.1f} GB/s {:>7.1f} GB/s\n", "Memory", measured.memory_one, measured.memory_all);
  const auto print_rates = [](const char* name, double one, double all, const char* of) {
    fmt::print("{:<10} {:>4.0f} GFLOP/s {:>4.0f} GFLOP/s   {}\n", name, one, all, of);
  };
  print_rates("Peak", measured.peak_one, measured.peak_all, "multiply-adds in registers, float32");
  print_rates("sgemm", measured.sgemm_one, measured.sgemm_all, "2048 x 2048, float32");
  fmt::print("{:<10} {:>12} {:>9.1f} ms   the article's training step, 250 images\n", "Step", "", measured.step_ms);
  fmt::print("{:<10} {:>12} {:>9.1f} ms   the same at the peak, or at memory's speed: the step reaches {:.2f} of it\n",
             "Ideal", "", measured.ideal_ms, measured.efficiency);

  const std::vector<std::string> found = examples::findings(machine, measured);
  fmt::print("\n{}\n", found.empty() ? "Nothing stands in the way." : "Why a run may be slow:");
  for (const std::string& finding : found) {
    fmt::print("  - {}\n", finding);
  }
  if (!json_path.empty()) {
    nlohmann::ordered_json json;
    json["cpu"] = machine.cpu;
    json["usable_processors"] = machine.usable;
    json["threads"] = machine.threads;
    json["instruction_set"] = machine.level;
    json["vector_bytes"] = machine.vector_bytes;
    json["compiled_instruction_set"] = machine.library.instruction_set;
    json["compiled_vector_bytes"] = machine.library.vector_bytes;
    json["blas_core"] = machine.blas_core;
    json["gemm"] = machine.gemm;
    json["fusion"] = machine.fusion;
    json["memory_gb_per_s"] = {measured.memory_one, measured.memory_all};
    json["peak_gflop_per_s"] = {measured.peak_one, measured.peak_all};
    json["sgemm_gflop_per_s"] = {measured.sgemm_one, measured.sgemm_all};
    json["step_ms"] = measured.step_ms;
    json["ideal_ms"] = measured.ideal_ms;
    json["efficiency"] = measured.efficiency;
    json["findings"] = found;
    examples::write_json(json_path, json);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures this machine and says why a run may be slow.");
  int threads = 0;
  std::string json_path;
  app.add_option("--threads", threads, "Threads to measure with; 0: all usable processors")
      ->transform(examples::whole_number(0, examples::kMostThreads));
  app.add_option("--json", json_path, "Write the figures to this file, too");
  return examples::run_program(app, argc, argv, [&] {
    if (threads > 0) {
      set_num_threads(threads);
    }
    run(json_path);
    return 0;
  });
}
