// Who multiplies, on machines that are not this one.
#include "gibbs/tensor/kernels/gemm/choice.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "gibbs/tensor/kernels/gemm/blas.h"
#include "tests/testing/error_of.h"

namespace gibbs::kernels {
namespace {

GemmSituation situation(const char* core, int own_bytes) {
  return {.core = core, .core_vector_bytes = blas::vector_bytes(core), .own_vector_bytes = own_bytes};
}

Gemm chosen(const GemmSituation& s, std::array<std::int64_t, 3> mnk = {2048, 2048, 2048}, Transposed t = {}) {
  return choose_gemm(s, t, mnk[0], mnk[1], mnk[2]);
}

TEST(ChooseGemm, OursWhereOpenBlasUsesNarrowerVectors) {
  EXPECT_EQ(chosen(situation("Prescott", 64)), Gemm::own);
  EXPECT_EQ(chosen(situation("Prescott", 32)), Gemm::own);
  EXPECT_EQ(chosen(situation("Haswell", 64), {250, 10, 256}), Gemm::own);
  EXPECT_EQ(chosen(situation("Prescott", 16)), Gemm::openblas) << "this library was compiled for any CPU";
  EXPECT_EQ(chosen(situation("a new one", 32)), Gemm::openblas) << "what is not known is not judged";
}

TEST(ChooseGemm, OpenBlasWhereItUsesWiderVectors) {
  EXPECT_EQ(chosen(situation("Haswell", 16), {64, 64, 64}), Gemm::openblas) << "this library was compiled for any CPU";
  EXPECT_EQ(chosen(situation("SkylakeX", 32), {16, 256, 2304}), Gemm::openblas);
}

TEST(ChooseGemm, OursWithoutOpenBlas) {
  GemmSituation s = situation("", 16);
  s.has_openblas = false;
  EXPECT_EQ(chosen(s), Gemm::own);
  EXPECT_EQ(describe_gemm(s), "own: built without OpenBLAS");
}

TEST(ChooseGemm, ByShapeWhereBothUseTheSameVectors) {
  EXPECT_EQ(chosen(situation("SkylakeX", 64)), Gemm::own);
  EXPECT_EQ(chosen(situation("SkylakeX", 64), {250, 10, 256}), Gemm::openblas) << "less than a vector wide";
  EXPECT_EQ(chosen(situation("Haswell", 32)), Gemm::openblas);
  EXPECT_EQ(chosen(situation("Haswell", 32), {64, 64, 64}), Gemm::own) << "small";
  EXPECT_EQ(chosen(situation("Haswell", 32), {16, 256, 2304}), Gemm::own) << "few rows";
  EXPECT_EQ(chosen(situation("Haswell", 32), {16, 256, 2304}, {.b = true}), Gemm::openblas) << "would be turned first";
}

TEST(ChooseGemm, WhatIsAskedForComesFirst) {
  GemmSituation s = situation("Prescott", 64);
  s.asked = Gemm::openblas;
  EXPECT_EQ(chosen(s), Gemm::openblas);
  EXPECT_EQ(describe_gemm(s), "OpenBLAS (kernels for Prescott), as asked");
  s = situation("SkylakeX", 64);
  s.asked = Gemm::own;
  EXPECT_EQ(chosen(s, {250, 10, 256}), Gemm::own);
  EXPECT_EQ(describe_gemm(s), "own, as asked");
}

TEST(ChooseGemm, OursForPortableBits) {
  GemmSituation s = situation("SkylakeX", 64);
  s.bits = Bits::portable;
  EXPECT_EQ(chosen(s, {250, 10, 256}), Gemm::own);
  EXPECT_EQ(describe_gemm(s), "own: for portable bits");
  EXPECT_NO_THROW(check_gemm(s));
  s.asked = Gemm::openblas;
  EXPECT_EQ(testing::error_of([&] { check_gemm(s); }),
            "gemm: OpenBLAS is asked for (GIBBS_GEMM, set_gemm), and its bits are this machine's; portable bits "
            "(GIBBS_BITS, set_bits, --bits) take the library's own product: ask for one of the two");
}

TEST(GemmInUse, IsAutomaticWhereShapesDecide) {
  EXPECT_EQ(gemm_in_use(situation("Prescott", 64)), Gemm::own);
  EXPECT_EQ(gemm_in_use(situation("SkylakeX", 64)), Gemm::automatic);
  EXPECT_EQ(gemm_in_use(situation("a new one", 64)), Gemm::automatic) << "what is not known is not judged";
  GemmSituation s = situation("SkylakeX", 64);
  s.asked = Gemm::openblas;
  EXPECT_EQ(gemm_in_use(s), Gemm::openblas);
  s = situation("", 64);
  s.has_openblas = false;
  EXPECT_EQ(gemm_in_use(s), Gemm::own);
  EXPECT_EQ(gemm_in_use(), gemm_in_use(GemmSituation::now()));
}

TEST(BlasVectorBytes, AreThoseOfTheKernels) { EXPECT_EQ(blas_vector_bytes(), blas::vector_bytes(blas_core_name())); }

TEST(ChooseGemm, SaysWhy) {
  EXPECT_EQ(describe_gemm(situation("Prescott", 64)),
            "own: OpenBLAS' kernels for Prescott use vectors of 16 bytes, this library 64");
  EXPECT_EQ(describe_gemm(situation("Haswell", 32)), "own where it is faster, else OpenBLAS (kernels for Haswell)");
  EXPECT_EQ(gemm_description(), describe_gemm(GemmSituation::now()));
}

TEST(BetterCore, IsTheWidestThatTheCpuCanDo) {
  const blas::CpuFeatures avx2{.fma_avx2 = true}, avx512{.fma_avx2 = true, .avx512 = true},
      bf16{.fma_avx2 = true, .avx512 = true, .avx512_bf16 = true};
  EXPECT_EQ(blas::better_core("Prescott", avx2), "Haswell");
  EXPECT_EQ(blas::better_core("Prescott", avx512), "SkylakeX");
  EXPECT_EQ(blas::better_core("Prescott", bf16), "Cooperlake");
  EXPECT_EQ(blas::better_core("Haswell", avx512), "SkylakeX");
  EXPECT_EQ(blas::better_core("Sandybridge", avx2), "") << "as wide";
  EXPECT_EQ(blas::better_core("SkylakeX", bf16), "") << "as wide";
  EXPECT_EQ(blas::better_core("Prescott", {}), "");
  EXPECT_EQ(blas::better_core("a new one", bf16), "") << "what is not known is not touched";
}

TEST(BetterCore, IsInUseUnlessAnotherWasAskedFor) {
  if (!blas::is_there() || std::getenv("OPENBLAS_CORETYPE") != nullptr) {
    GTEST_SKIP() << "OPENBLAS_CORETYPE is set";
  }
  EXPECT_EQ(blas::better_core(blas::core_name(), blas::CpuFeatures::of_this_cpu()), "");
  EXPECT_EQ(std::getenv("OPENBLAS_CORETYPE"), nullptr) << "programs started from here do not inherit it";
}

}  // namespace
}  // namespace gibbs::kernels
