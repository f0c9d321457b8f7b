// The C++ of docs/extending.md: what it prints is what the page shows, and what it defines passes the checks.
// extending_snippets.h is made from docs/extending.md by extract_snippets.py.
#include <cmath>

#include "extending_snippets.h"
#include "tests/docs/printed_by.h"
#include "tests/testing/near.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs {
namespace {

Tensor numbers(const Shape& shape, std::uint64_t seed) {
  return kernels::uniform({.seed = seed}, shape, -2, 2, DType::float64);
}

TEST(Extending, TheOpPassesTheBattery) { EXPECT_EQ(printed_by(extending::program_1), extending::output_1); }

TEST(Extending, TheLayerNamesItsParts) { EXPECT_EQ(printed_by(extending::program_2), extending::output_2); }

TEST(Extending, OpLayerLossAndOptimizerLearn) { EXPECT_EQ(printed_by(extending::program_3), extending::output_3); }

TEST(Extending, TheOptimizerTakesGroups) { EXPECT_EQ(printed_by(extending::program_4), extending::output_4); }

TEST(Extending, TheDatasetIsLearned) { EXPECT_EQ(printed_by(extending::program_5), extending::output_5); }

TEST(Extending, TheLinearOpPassesTheBattery) {
  const CheckReport report =
      check_op("reverse", [](const Variables& x) { return extending::reverse(x[0]); }, {numbers({3, 4}, 1)});
  EXPECT_TRUE(report) << report;
  EXPECT_EQ(extending::reversed_rows(Tensor::of({{1, 2}, {3, 4}})).to_vector(), (std::vector<double>{2, 1, 4, 3}));
}

TEST(Extending, TheLossIsItsFormula) {
  const Tensor target = numbers({3, 2}, 2), prediction = numbers({3, 2}, 3);
  const auto f = [](const Variables& x) { return extending::log_cosh(x[0], x[1]); };
  const CheckReport report = check_op("log_cosh", f, {target, prediction});
  EXPECT_TRUE(report) << report;
  double expected = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    expected += std::log(std::cosh(prediction.to_vector()[i] - target.to_vector()[i])) / 6;
  }
  EXPECT_NEAR(f({target, prediction}).value().item(), expected, 1e-14);
}

TEST(Extending, TheOptimizerReportsWhatItRemembers) {
  struct Names : StateVisitor {
    std::vector<std::string> tensors;
    void tensor(std::string_view name, Tensor& /*value*/) override { tensors.emplace_back(name); }
  } names;
  extending::SignMomentum optimizer({Parameter(Tensor::ones({2}))}, 0.1);
  optimizer.visit_state(names);
  EXPECT_EQ(names.tensors, std::vector<std::string>{"0.velocity"});
}

// The five networks of the page that are no classifiers of pictures: each is trained by fit, resumed to the same bits
// from the middle of an epoch, saved, loaded, taken in pieces, and checked in one line.

using nn::initialized;

train::FitOptions silently(train::FitOptions options) {
  options.progress = train::ProgressStyle::silent;
  return options;
}

/// A model of the page with its task and data; `make` gives the same one every time.
template <class M>
struct Network {
  std::function<M()> make;
  train::Task<M> task;
  std::function<std::unique_ptr<data::Batches>()> batches;

  struct Trained {
    M model;
    double loss;
    std::string weights;
  };

  Trained train(const train::FitOptions& options) const {
    M model = make();
    optim::Adam adam(nn::parameters(model), {.learning_rate = 0.02});
    const auto rows = batches();
    train::fit(model, adam, task, *rows, nullptr, silently(options));
    const double loss = train::evaluate(model, task, *rows).front().second;
    std::string weights = nn::weights_sha256(model);
    return {std::move(model), loss, std::move(weights)};
  }

  void expect_everything(double loss_below) const {
    const testing::TemporaryFolder folder;
    constexpr std::int64_t kSteps = 60;
    M fresh = make();
    const auto rows = batches();
    ASSERT_NE(rows->batches_per_epoch() % 2, 0) << "half of the steps is then no whole number of epochs";
    const double before = train::evaluate(fresh, task, *rows).front().second;

    const Trained whole = train({.steps = kSteps, .seed = 3});
    EXPECT_LT(whole.loss, before);
    EXPECT_LT(train({.steps = 10 * kSteps, .seed = 3}).loss, loss_below);

    train::FitOptions half{.steps = kSteps / 2 + 1, .seed = 3, .checkpoint = folder / "checkpoint", .resume = true};
    EXPECT_NE(train(half).weights, whole.weights);
    half.steps = kSteps;
    EXPECT_EQ(train(half).weights, whole.weights) << "resumed in the middle of an epoch";

    M saved = whole.model;
    nn::save_weights(saved, folder / "weights");
    nn::load_weights(fresh, folder / "weights");
    EXPECT_EQ(train::evaluate(fresh, task, *rows).front().second, whole.loss);

    EXPECT_EQ(train({.steps = kSteps, .seed = 3, .shards = 1}).weights, whole.weights);
    const Trained pieces = train({.steps = kSteps, .seed = 3, .shards = 4});
    EXPECT_NEAR(pieces.loss, whole.loss, 1e-4 * std::abs(whole.loss) + 1e-6);
  }
};

std::function<std::unique_ptr<data::Batches>()> batches_of(data::TensorRows (*rows)()) {
  return [rows] {  // 256 rows in batches of 24: eleven, the last of them short
    return std::make_unique<data::TensorBatches>(rows(), data::BatchOptions{.batch_size = 24, .seed = 2});
  };
}

TEST(AnyNetwork, RowsOfNumbers) {
  EXPECT_EQ(printed_by(extending::program_5), extending::output_5);
  const auto make = [] {
    return initialized(nn::Sequential{nn::Dense({.in = 2, .out = 16}), nn::Tanh(), nn::Dense({.in = 16, .out = 1})}, 0);
  };
  Network<nn::Sequential>{make, train::regression(losses::mean_squared_error), batches_of(extending::products)}
      .expect_everything(0.01);
}

TEST(AnyNetwork, ARecurrentCell) {
  EXPECT_EQ(printed_by(extending::program_6), extending::output_6);
  extending::Reader reader;
  const CheckReport report = nn::check_layer(reader, {3, 4});
  EXPECT_TRUE(report) << report;
  Network<extending::Reader>{[] { return initialized(extending::Reader(), 0); },
                             train::regression(losses::mean_squared_error), batches_of(extending::first_plus_last)}
      .expect_everything(0.02);
}

TEST(AnyNetwork, AttentionWithAMask) {
  const auto call = [](extending::MaskedMean& model, const Variables& in) { return model(in[0], in[1]); };
  const Tensor mask = Tensor::of({{1, 1, 0}, {1, 0, 0}});
  const Tensor x = kernels::uniform({.seed = 1}, {2, 3, 4});
  extending::MaskedMean model = initialized(extending::MaskedMean(4), 0);
  const CheckReport report =
      nn::check_module(extending::Attention(4), {x}, [](extending::Attention& own, const Variables& in) {
        return own(in[0], Tensor::of({{1, 1, 0}, {1, 0, 0}}, in[0].dtype()));
      });
  EXPECT_TRUE(report) << report;
  Tensor other = x.clone();
  other.set({0, 2, 1}, 100);
  EXPECT_EQ(call(model, {x, mask}).value().to_vector(), call(model, {other, mask}).value().to_vector())
      << "what the mask hides has no influence";
  Network<extending::MaskedMean>{[] { return initialized(extending::MaskedMean(2), 0); }, extending::masked_error,
                                 batches_of(extending::padded_sequences)}
      .expect_everything(0.02);
}

TEST(AnyNetwork, AVariationalAutoencoder) {
  const auto call = [](extending::VAE& model, const Variables& in) { return model(in[0]); };
  const CheckReport report = nn::check_module(extending::VAE(4, 2), {kernels::uniform({.seed = 1}, {3, 4})}, call);
  EXPECT_TRUE(report) << report;
  Network<extending::VAE>{[] { return initialized(extending::VAE(8, 2), 0); }, extending::negative_elbo,
                          batches_of(extending::points_on_a_plane)}
      .expect_everything(0.2);
}

TEST(AnyNetwork, ATokenModel) {
  EXPECT_EQ(printed_by(extending::program_7), extending::output_7);
  extending::TokenTable table(5, 3);
  const CheckReport report = nn::check_layer(table, {2, 2}, {.input = Tensor::of({{3, 0}, {1, 1}}, DType::int64)});
  EXPECT_TRUE(report) << report;
  const auto make = [] {
    return initialized(nn::Sequential{extending::TokenTable(10, 8), nn::Dense({.in = 8, .out = 10})}, 0);
  };
  const auto windows = [] {
    return std::make_unique<data::TokenWindows>(extending::counting(1010),
                                                data::TokenWindowOptions{.length = 12, .batch_size = 8, .seed = 1});
  };
  Network<nn::Sequential>{make, train::classification(losses::cross_entropy_with_logits), windows}.expect_everything(
      0.05);
}

TEST(AnyNetwork, DataAndAMetricOfOnesOwn) {
  EXPECT_EQ(printed_by(extending::program_8), extending::output_8);
  const auto make = [] {
    return initialized(nn::Sequential{nn::Dense({.in = 1, .out = 16}), nn::Tanh(), nn::Dense({.in = 16, .out = 1})}, 0);
  };
  const auto corner = [] {
    return std::make_unique<extending::Corner>(256, data::BatchOptions{.batch_size = 24, .seed = 2});
  };
  Network<nn::Sequential>{make, extending::close_everywhere(), corner}.expect_everything(0.01);
}

}  // namespace
}  // namespace gibbs
