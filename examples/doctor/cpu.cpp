#include "examples/doctor/cpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <thread>

#ifdef __linux__
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace gibbs::examples {
namespace {

/// The rest of the first line of /proc/cpuinfo that begins with `key`; empty where there is none.
[[maybe_unused]] std::string cpu_info(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) {
      const std::size_t colon = line.find(": ");
      return colon == std::string::npos ? "" : line.substr(colon + 2);
    }
  }
  return "";
}

std::string model_name() {
#ifdef __APPLE__
  char name[256] = {};
  std::size_t bytes = sizeof name - 1;
  sysctlbyname("machdep.cpu.brand_string", name, &bytes, nullptr, 0);
  return name;
#else
  const std::string name = cpu_info("model name"), implementer = cpu_info("CPU implementer");
  return name.empty() && !implementer.empty()
             ? fmt::format("implementer {}, part {}", implementer, cpu_info("CPU part"))
             : name;
#endif
}

#ifndef __aarch64__
/// Whether all of the `names` are among the CPU's flags.
bool has(const std::string& flags, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(), [text = " " + flags + " "](const char* name) {
    return text.find(fmt::format(" {} ", name)) != std::string::npos;
  });
}

int widest_vectors(const std::string& flags) { return has(flags, {"avx512f"}) ? 64 : has(flags, {"avx"}) ? 32 : 16; }

/// The level of x86-64 as its ABI defines them, in Linux' names for what they ask for; abm is where LZCNT is.
std::string level_of(const std::string& flags) {
  if (!has(flags, {"sse4_2", "ssse3", "popcnt", "cx16", "lahf_lm"})) {
    return "x86-64";
  }
  if (!has(flags, {"avx2", "fma", "f16c", "bmi1", "bmi2", "abm", "movbe"})) {
    return "x86-64-v2";
  }
  return has(flags, {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}) ? "x86-64-v4" : "x86-64-v3";
}
#endif

}  // namespace

Cpu this_cpu() {
#ifdef __aarch64__
  return {
      .name = model_name(), .level = "arm64", .vector_bytes = 16};  // NEON, which all have; the library knows no SVE
#else
  const std::string flags = cpu_info("flags");
  return {.name = model_name(), .level = level_of(flags), .vector_bytes = widest_vectors(flags)};
#endif
}

int usable_processors() {
#ifdef __linux__
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
#else
  return static_cast<int>(std::thread::hardware_concurrency());
#endif
}

}  // namespace gibbs::examples
