// gradcheck for layers must see wrong gradients: of the input, of a parameter, of the second derivative alone.
#include "gibbs/nn/check/gradcheck.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/record.h"
#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/sequential.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using gibbs::testing::error_of;

/// y = x^2 w, with factors that make gradients wrong.
class Square : public Layer {
 public:
  struct Mistakes {
    double dx = 1, dw = 1, second = 1;
  };
  explicit Square(const Mistakes& mistakes) : mistakes_(mistakes) {}
  void visit(ModuleVisitor& visitor) override { visitor.parameter("w", w); }
  std::string describe() const override { return "Square"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Square>(*this); }

  Parameter w{Tensor::of({2, 3}, DType::float64)};

 protected:
  Variable forward(const Variable& x) override {
    const Variable weight = w;
    const Tensor value = x.value() * x.value() * weight.value();
    return record(broadcasting("square"), value,
                  wrt(x,
                      [=, m = mistakes_](const Variable& dy) {
                        // Its value is right; its derivative is wrong by the factor `second`.
                        const Variable wrong = x * m.second + x.detach() * (1 - m.second);
                        return dy * weight * wrong * (2 * m.dx);
                      }),
                  wrt(weight, [=, m = mistakes_](const Variable& dy) { return dy * x * x * m.dw; }));
  }

 private:
  Mistakes mistakes_;
};

const Tensor kX = Tensor::of({{1, 2}, {3, 4}}, DType::float64);

TEST(Gradcheck, RightGradientsPass) {
  Square layer({});
  EXPECT_TRUE(gradcheck(layer, kX)) << gradcheck(layer, kX).message;
  EXPECT_TRUE(gradgradcheck(layer, kX)) << gradgradcheck(layer, kX).message;
  EXPECT_EQ(layer.w.value().to_vector(), (std::vector<double>{2, 3})) << "left as it was";
}

TEST(Gradcheck, WrongGradientsAreFoundAndNamed) {
  Square wrong_dx({.dx = 1.5}), wrong_dw({.dw = 1.5});
  EXPECT_THAT(gradcheck(wrong_dx, kX).message, ::testing::StartsWith("gradcheck: x of shape [2, 2], element 0:"));
  Sequential model(wrong_dw, Sequential());
  EXPECT_THAT(gradcheck(model, kX).message, ::testing::StartsWith("gradcheck: 0.w of shape [2], element 0:"));
  EXPECT_FALSE(gradcheck(model, kX));
}

TEST(Gradcheck, AWrongSecondDerivativeIsFoundBehindARightFirstOne) {
  Square layer({.second = 2});
  EXPECT_TRUE(gradcheck(layer, kX));
  EXPECT_THAT(gradgradcheck(layer, kX).message,
              ::testing::StartsWith("second derivative: gradcheck: x of shape [2, 2], element 0:"));
}

TEST(Gradcheck, KinksAreFoundAndNamed) {
  Sequential model{ReLU()};
  const Tensor x = Tensor::of({{-1, 0}}, DType::float64);
  EXPECT_THAT(gradcheck(model, x).message,
              ::testing::StartsWith("gradcheck: kink at element 1 of x of shape [1, 2]: the slope is 0 below and "));
  EXPECT_THAT(gradgradcheck(model, x).message,
              ::testing::StartsWith("second derivative: gradcheck: kink at element 1 of x of shape [1, 2]: "));
}

TEST(Gradcheck, FrozenParametersAreNotChecked) {
  Square layer({.dw = 1.5});
  layer.w.set_frozen(true);
  EXPECT_TRUE(gradcheck(layer, kX));
}

TEST(Gradcheck, Float32IsRefused) {
  Square layer({});
  layer.w.replace(Tensor::of({2, 3}));
  EXPECT_EQ(error_of([&] {
              gradcheck(layer, Tensor::of({{1, 2}}));
            }),
            "gradcheck: x must be float64, not float32: differences of float32 prove nothing; convert with "
            "to(module, DType::float64)");
}

/// x / (1 + |x|) times w, whose second derivative jumps at 0.
class Softsign : public Layer {
 public:
  explicit Softsign(double factor) : factor_(factor) {}
  void visit(ModuleVisitor& visitor) override { visitor.parameter("w", w); }
  std::string describe() const override { return "Softsign"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Softsign>(*this); }

  Parameter w{Tensor::of({2, 3}, DType::float64)};

 protected:
  Variable forward(const Variable& x) override {
    const Variable wrong = record("tap", x.value(), wrt(x, [f = factor_](const Variable& dx) { return dx * f; }));
    return wrong / (1.0 + abs(wrong)) * w;
  }

 private:
  double factor_;
};

TEST(Gradcheck, RightWhereTheSecondDerivativeJumps) {
  Softsign right(1), slightly_wrong(1.00001);
  const Tensor x = Tensor::of({{0.5, 0}, {0, -1}}, DType::float64);
  EXPECT_TRUE(gradcheck(right, x)) << gradcheck(right, x).message;
  EXPECT_FALSE(gradcheck(slightly_wrong, x));
}

}  // namespace
}  // namespace gibbs::nn
