// A layer that draws numbers, seen by check_layer: in one dtype it passes, in its input's it is told what to do.
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/nn/check/check_layer.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/random.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

/// x plus noise that is drawn in one dtype, or in x's own.
class Noise : public Layer {
 public:
  explicit Noise(bool in_one_dtype) : in_one_dtype_(in_one_dtype) {}
  std::string describe() const override { return "Noise"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Noise>(*this); }

 protected:
  Variable forward(const Variable& x) override {
    const DType drawn = in_one_dtype_ ? DType::float32 : x.dtype();
    return x + kernels::cast(kernels::normal({.seed = 4}, x.shape(), 0, 1, drawn), x.dtype());
  }

 private:
  bool in_one_dtype_;
};

TEST(CheckLayer, NoiseIsDrawnInOneDtype) {
  Noise wrong(false), right(true);
  const CheckReport report = check_layer(wrong, {4, 2});
  EXPECT_EQ(report["float64"].result, CheckLine::Result::failed) << report;
  EXPECT_THAT(report["float64"].detail,
              ::testing::EndsWith("; if the layer draws numbers, draw them in one dtype and cast: float32 and float64 "
                                  "draw others"));
  const CheckReport passed = check_layer(right, {4, 2});
  EXPECT_TRUE(passed) << passed;
}

}  // namespace
}  // namespace gibbs::nn
