// Numbers that are written, hashed or read are the same in every locale.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <sstream>

#include "gibbs/autograd/gradcheck.h"
#include "gibbs/gibbs.h"
#include "tests/testing/epoch_result.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/foreign_locale.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::ForeignLocale;
using gibbs::testing::TemporaryFolder;

template <class Printed>
std::string printed(const Printed& thing) {
  std::ostringstream out;  // takes the global locale
  out << thing;
  return out.str();
}

/// Texts of one short training that is interrupted and resumed, with the callbacks that remember numbers.
std::string train_and_resume(const TemporaryFolder& folder) {
  nn::Sequential model{nn::Flatten(), nn::Dense({.in = 48, .out = 2})};
  nn::initialize(model, 1);
  const data::ImageDataset set{
      .images = kernels::cast(kernels::random_integers({.seed = 1}, {1200, 4, 4, 3}, 0, 256), DType::uint8),
      .labels = kernels::random_integers({.seed = 2}, {1200}, 0, 2),
      .class_names = {"a", "b"}};
  const auto loss = [](const Tensor& labels, const Variable& logits) {
    return losses::cross_entropy_with_logits(labels, logits);
  };
  std::string texts;
  for (const int epochs : {1, 2}) {
    optim::Adam adam(nn::parameters(model), {.learning_rate = 0.0015});
    EarlyStopping stopping({.patience = 5});
    BestWeights best({.path = folder / "best.safetensors"});
    const FitResult result = fit(model, adam, loss, set, set,
                                 {.epochs = epochs,
                                  .batch_size = 600,
                                  .checkpoint = folder / "checkpoint.safetensors",
                                  .resume = true,
                                  .settings = {{"rate", fmt::format("{}", 0.0015)}},
                                  .history = folder / "history.csv",
                                  .progress = ProgressStyle::silent},
                                 {&stopping, &best});
    texts += stopping.saved_state() + best.saved_state() + nn::weights_sha256(model);
  }
  for (const EpochResult& e : read_history_csv(folder / "history.csv").epochs) {
    texts += fmt::format("\n{} {} {}", e.epoch, e["loss"], e["val_accuracy"]);
  }
  return texts + History{{gibbs::testing::epoch_result(1234567, 1234.5, 0.5, 1e-5, 0.25, 1234.5)}}.to_csv();
}

/// Everything that gibbs writes, hashes and reads.
std::string all_texts() {
  const TemporaryFolder folder;
  nn::Sequential model{nn::Dense({.in = 1234, .out = 2}), nn::Dropout({.rate = 0.25})};
  nn::initialize(model, 2);
  nn::save_weights(model, folder / "weights.safetensors");
  const Tensor x = Tensor::of({{1234567.25, 0.5}, {-1e-10, 1e10}}, DType::float64);
  std::string texts = error_of([] { fail("numbers: ", 1234567, ", ", 1234.5, ", ", 1e-10F, ", ", true); });
  texts += error_of([] { kernels::add(Tensor::zeros({12345, 2}), Tensor::zeros({12345, 3})); });
  texts += error_of([&] { optim::Adam(nn::parameters(model), {.learning_rate = -1234.5}); });
  texts += error_of([&] { nn::load_tensors(model, {{"x", Tensor::zeros({12345})}}); });
  texts += printed(x) + printed(x.shape()) + printed(Shape{1234567}) + printed(Variable(x)) + to_string(x);
  texts += model.describe() + nn::architecture_text(model) + nn::summary(model, {1234});
  texts += nn::weights_sha256(model) + gibbs::testing::contents(folder / "weights.safetensors");
  texts += gradcheck([](const Variables& in) { return sum(in[0] * in[0] * 1234.5); }, {x}).message;
  texts +=
      printed(check_op("exp", [](const Variables& v) { return exp(v[0]); }, {Tensor::of({0.25, 1.5}, DType::float64)}));
  return texts + train_and_resume(folder);
}

TEST(Locale, TheForeignOneIsForeign) {
  const ForeignLocale foreign(/*also_in_c=*/false);
  EXPECT_EQ(printed(1234567), "1.234.567");
  EXPECT_EQ(printed(1.5), "1,5");
}

TEST(Locale, OfCxxChangesNoText) {
  const std::string expected = all_texts();
  const ForeignLocale foreign(/*also_in_c=*/false);
  EXPECT_EQ(all_texts(), expected);
}

TEST(Locale, OfCChangesNoText) {
  const std::string expected = all_texts();
  const ForeignLocale foreign(/*also_in_c=*/true);
  if (!foreign.in_c()) {
    GTEST_SKIP() << "no locale with a decimal comma is installed, and localedef cannot make one; packages: locales";
  }
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%.1f", 1.5);
  EXPECT_STREQ(text.data(), "1,5");
  EXPECT_EQ(all_texts(), expected);
}

}  // namespace
}  // namespace gibbs::train
