// check_layer on layers that take indices, from the side of somebody whose layer is wrong.
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "gibbs/nn/check/check_layer.h"
#include "gibbs/nn/nn.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "tests/testing/expect_op.h"

namespace gibbs::nn {
namespace {

using ::testing::StartsWith;

/// y[..., :] = table[x[...], :] for indices x; `gradient` is what the table is given for dy [n, width].
class Embedding : public Layer {
 public:
  using Gradient = std::function<Variable(const Shape& table, const Tensor& indices, const Variable& dy)>;
  static Variable right(const Shape& table, const Tensor& indices, const Variable& dy) {
    return add_rows(table[0], indices, dy);
  }

  explicit Embedding(Gradient gradient = right) : gradient_(std::move(gradient)) {}
  void visit(ModuleVisitor& visitor) override { visitor.parameter("table", table); }
  std::string describe() const override { return "Embedding"; }
  std::unique_ptr<Module> share() const override { return std::make_unique<Embedding>(*this); }

  Parameter table{Tensor::of({{1, 2, 3}, {-1, 4, .5}, {2, 0, -3}, {.25, 1, -2}})};

 protected:
  Variable forward(const Variable& x) override {
    const Variable rows = table;
    const Tensor indices = x.value().reshape({x.numel()});
    const Variable y = record("look_up", kernels::take_rows(rows.value(), indices),
                              wrt(rows, [shape = rows.shape(), x = saved(indices), f = gradient_](const Variable& dy) {
                                return f(shape, x.value(), dy);
                              }));
    return reshape(y, x.shape().followed_by({rows.size(1)}));
  }

 private:
  Gradient gradient_;
};

const Tensor kIndices = Tensor::of({{3, 0}, {1, 1}}, DType::int64);

CheckReport check_on_indices(Layer& layer) { return check_layer(layer, {2, 2}, {.input = kIndices}); }

void expect_failure_on_indices(Layer& layer, const std::string& line, const std::string& text) {
  const CheckReport report = check_on_indices(layer);
  EXPECT_EQ(report[line].result, CheckLine::Result::failed) << report;
  EXPECT_THAT(report[line].detail, StartsWith(text)) << report;
}

TEST(CheckLayer, IntegersHaveNoGradient) {
  Embedding embedding;
  EXPECT_EQ(to_string(check_on_indices(embedding)),
            "Embedding on [2, 2]: every check passed\n"
            "  ok       visit            table\n"
            "  ok       forward          [2, 2] to [2, 2, 3]\n"
            "  ok       parameters       1 read, all of them visited\n"
            "  ok       clone            the same function, with numbers of its own\n"
            "  ok       save and load    the saved numbers come back, and the output with them\n"
            "  ok       gradients        of all parameters, as central differences say; second derivatives, too; the "
            "input is int64 and has none\n"
            "  ok       training         gradients as central differences say; the output is that of evaluation\n"
            "  ok       train and eval   neither writes anything\n"
            "  ok       float64          output and gradients agree within 2e-05\n"
            "  ok       threads          the same bits on 1, 2 and 3\n"
            "  ok       input untouched  nothing was written\n"
            "  ok       nodes freed      all of them");
}

TEST(CheckLayer, WrongGradientsOfATable) {
  Embedding too_large(
      [](const Shape& table, const Tensor& x, const Variable& dy) { return Embedding::right(table, x, dy) * 1.01; });
  expect_failure_on_indices(too_large, "gradients", "gradcheck: table of shape [4, 3], element 0: the gradient is ");
  Embedding last_of_repeated([](const Shape& table, const Tensor& x, const Variable& dy) {
    Tensor found = Tensor::zeros(table, dy.dtype());
    for (std::int64_t n = 0; n < x.numel(); ++n) {
      found[x.at<std::int64_t>({n})].copy_from(dy.value()[n]);
    }
    return Variable(found);
  });
  expect_failure_on_indices(last_of_repeated, "gradients",
                            "gradcheck: table of shape [4, 3], element 3: the gradient is ");
  Embedding no_graph(
      [](const Shape& table, const Tensor& x, const Variable& dy) { return Embedding::right(table, x, dy.detach()); });
  expect_failure_on_indices(no_graph, "gradients",
                            "second derivative: gradcheck: the cotangent of shape [2, 2, 3], element 0: ");
  Embedding in_training([](const Shape& table, const Tensor& x, const Variable& dy) {
    return Embedding::right(table, x, dy) * (ForwardScope::current().training ? 1.01 : 1);
  });
  expect_failure_on_indices(in_training, "training", "gradcheck: table of shape [4, 3], element 0: the gradient is ");
}

TEST(CheckLayer, OtherMistakesWithIndices) {
  struct Ignores : Embedding {
    std::unique_ptr<Module> share() const override { return std::make_unique<Ignores>(*this); }
    Variable forward(const Variable& x) override { return Embedding::forward(Tensor::zeros(x.shape(), DType::int64)); }
  } ignores;
  expect_failure_on_indices(ignores, "parameters",
                            "the output is the same when every sample is the first; does it depend on the input?");
  struct Forgets : Embedding {
    void visit(ModuleVisitor&) override {}
    std::unique_ptr<Module> share() const override { return std::make_unique<Forgets>(*this); }
  } forgets;
  expect_failure_on_indices(forgets, "parameters", "forward reads a trainable [4, 3] that visit does not report");
  struct Writes : Embedding {
    std::unique_ptr<Module> share() const override { return std::make_unique<Writes>(*this); }
    Variable forward(const Variable& x) override {
      const Variable y = Embedding::forward(x.value().clone());
      Tensor indices = x.value();
      indices.fill(0);
      return y;
    }
  } writes;
  expect_failure_on_indices(writes, "input untouched", "the input was written: element 0: 0, expected 3");
  struct Rounds : Embedding {
    std::unique_ptr<Module> share() const override { return std::make_unique<Rounds>(*this); }
    Variable forward(const Variable& x) override {
      return Embedding::forward(x) * (table.value().dtype() == DType::float32 ? 1.001 : 1);
    }
  } rounds;
  expect_failure_on_indices(rounds, "float64", "the output: element 0: ");
}

TEST(CheckLayer, NothingToDifferentiate) {
  Embedding embedding;
  embedding.table.set_frozen(true);
  const CheckReport report = check_on_indices(embedding);
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(report["gradients"].detail, "the input is int64 and has none, and no parameter is trained");
  EXPECT_EQ(report["training"].detail, "the output is that of evaluation");
  EXPECT_EQ(report["float64"].detail, "the output agrees within 2e-05");
  EXPECT_EQ(gibbs::testing::error_of([&] { gradcheck(embedding, kIndices); }),
            "gradcheck: nothing has a gradient: x is int64, and no parameter is trained");
}

}  // namespace
}  // namespace gibbs::nn
