// Every finding of the doctor, word for word, each from the one thing that is wrong.
#include "examples/doctor/diagnosis.h"

#include "gibbs/tensor/kernels/gemm_options.h"

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
          .gemm = "own where it is faster, else OpenBLAS (kernels for SkylakeX)",
          .uses_blas = true,
          .blas_core = "SkylakeX",
          .blas_bytes = 64,
          .blas_request = ""};
}

Measured good_figures() {
  return {.memory_one = 15,
          .memory_all = 30,
          .peak_one = 60,
          .peak_all = 240,
          .sgemm_one = 50,
          .sgemm_all = 190,
          .sgemm_spread = 1.1,
          .step_ms = 40,
          .ideal_ms = 28,
          .efficiency = 0.7};
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
        Case{"blas", [](Machine& m, Measured&) { m.blas_core = "Haswell", m.blas_bytes = 32; },
             "OpenBLAS multiplies with its kernels for Haswell, whose vectors are of 32 bytes, and the CPU has 64; "
             "compare with GIBBS_GEMM=own"},
        Case{"request", [](Machine& m, Measured&) { m.blas_core = m.blas_request = "Prescott", m.blas_bytes = 16; },
             "OpenBLAS multiplies with its kernels for Prescott, whose vectors are of 16 bytes, and the CPU has 64; "
             "unset OPENBLAS_CORETYPE"},
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
        Case{"efficiency", [](Machine&, Measured& f) { f.efficiency = 0.3; },
             "the training step reaches 0.30 of what multiply-adds and memory allow here; 0.4 and more is usual"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Doctor, DoesNotMindNarrowKernelsThatAreNotUsed) {
  Machine machine = good_machine();
  machine.blas_core = "Prescott", machine.blas_bytes = 16, machine.uses_blas = false;
  EXPECT_THAT(findings(machine, good_figures()), IsEmpty());
  machine = good_machine();
  machine.blas_core = "a new one", machine.blas_bytes = 0;
  EXPECT_THAT(findings(machine, good_figures()), IsEmpty()) << "what is not known is not judged";
  machine.blas_core = "", machine.uses_blas = false;
  EXPECT_THAT(findings(machine, good_figures()), IsEmpty()) << "built without OpenBLAS";
}

TEST(Doctor, SaysWhoAskedForTheKernels) {
  Machine machine = good_machine();
  EXPECT_EQ(describe_products(machine), machine.gemm);
  machine.blas_request = "SkylakeX";
  EXPECT_EQ(describe_products(machine), machine.gemm + ", as OPENBLAS_CORETYPE asks");
  machine.gemm = "own, as asked";
  EXPECT_EQ(describe_products(machine), "own, as asked") << "no kernels of OpenBLAS are named";
  machine.gemm = "own: built without OpenBLAS", machine.blas_core = "";
  EXPECT_EQ(describe_products(machine), "own: built without OpenBLAS");
}

TEST(Doctor, KnowsThisMachine) {
  const Machine machine = look_at_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_GE(machine.processors, machine.usable);
  EXPECT_GE(machine.usable, 1);
  EXPECT_GE(machine.vector_bytes, machine.library.vector_bytes);
  EXPECT_GE(machine.level, machine.library.instruction_set);
  EXPECT_EQ(machine.gemm, kernels::gemm_description());
  EXPECT_TRUE(!machine.blas_core.empty() || !machine.uses_blas) << "a library without OpenBLAS does not use it";
}

}  // namespace
}  // namespace gibbs::examples
