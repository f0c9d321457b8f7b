// Every finding of the doctor, word for word, each from the one thing that is wrong.
#include "examples/doctor/diagnosis.h"

namespace gibbs::examples {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Machine good_machine() {
  return {.cpu = "a CPU",
          .processors = 4,
          .usable = 4,
          .quota = 4,
          .load = 0.2,
          .level = "x86-64-v4",
          .vector_bytes = 64,
          .library = {.instruction_set = "x86-64-v4", .vector_bytes = 64, .optimized = true},
          .fusion = true,
          .threads = 4,
          .blas_core = "SkylakeX",
          .blas_request = ""};
}

Measured good_figures() {
  return {.memory_one = 15,
          .memory_all = 30,
          .sgemm_one = 50,
          .sgemm_all = 190,
          .sgemm_spread = 1.1,
          .step_ms = 40,
          .efficiency = 0.9};
}

struct Case {
  const char* name;
  void (*spoil)(Machine&, Measured&);
  const char* finding;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class Findings : public ::testing::TestWithParam<Case> {};

TEST_P(Findings, NameWhatIsWrongAndItsRepair) {
  Machine machine = good_machine();
  Measured measured = good_figures();
  ASSERT_THAT(findings(machine, measured), IsEmpty());
  GetParam().spoil(machine, measured);
  EXPECT_THAT(findings(machine, measured), ElementsAre(GetParam().finding));
}

INSTANTIATE_TEST_SUITE_P(
    Doctor, Findings,
    ::testing::Values(
        Case{"debug", [](Machine& m, Measured&) { m.library.optimized = false; },
             "this is a build for debugging, many times slower; build with cmake --preset release"},
        Case{"narrow", [](Machine& m, Measured&) { m.library.vector_bytes = 32; },
             "the library was compiled for x86-64-v4 (vectors of 32 bytes), the CPU has x86-64-v4 (64 bytes); build on "
             "this machine with -DGIBBS_NATIVE=ON, or with scripts/portable.sh"},
        Case{"level", [](Machine& m, Measured&) { m.library.instruction_set = "x86-64"; },
             "the library was compiled for x86-64 (vectors of 64 bytes), the CPU has x86-64-v4 (64 bytes); build on "
             "this machine with -DGIBBS_NATIVE=ON, or with scripts/portable.sh"},
        Case{"unfused", [](Machine& m, Measured&) { m.fusion = false; },
             "layers are not fused, since GIBBS_FUSE is 0; unset it"},
        Case{
            "blas", [](Machine& m, Measured&) { m.blas_core = "Haswell"; },
            "OpenBLAS took its kernels for Haswell, with vectors of 32 bytes; compare with OPENBLAS_CORETYPE=SkylakeX"},
        Case{"crowded", [](Machine& m, Measured& f) { m.threads = 5, f.sgemm_all = 240, m.quota = 0; },
             "5 threads share 4 processors; use --threads 4"},
        Case{"idle", [](Machine& m, Measured&) { m.threads = 1; }, "1 of 4 processors are used; --threads 4 uses all"},
        Case{"quota", [](Machine& m, Measured&) { m.quota = 1.5; },
             "the container may use 1.5 processors' worth of time, the program has 4 threads; raise its limit"},
        Case{"load", [](Machine& m, Measured&) { m.load = 2.5; },
             "other programs were running: the load average was 2.5; stop them, or wait"},
        Case{"spread", [](Machine&, Measured& f) { f.sgemm_spread = 1.8; },
             "the slowest of seven equal products took 1.8 times as long as the fastest; something else uses the "
             "processors"},
        Case{"scaling", [](Machine&, Measured& f) { f.sgemm_all = 100; },
             "4 threads multiply 2.0 times as fast as one; processors that share a core, or are busy, do that"},
        Case{"efficiency", [](Machine&, Measured& f) { f.efficiency = 0.5; },
             "the training step runs at 0.50 of the speed of sgemm; 0.75 and more is usual"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Doctor, KnowsThisMachine) {
  const Machine machine = look_at_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_GE(machine.processors, machine.usable);
  EXPECT_GE(machine.usable, 1);
  EXPECT_GE(machine.vector_bytes, machine.library.vector_bytes);
  EXPECT_GE(machine.level, machine.library.instruction_set);
  EXPECT_FALSE(machine.blas_core.empty());
}

}  // namespace
}  // namespace gibbs::examples
