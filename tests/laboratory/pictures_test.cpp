// Pictures of results: what they refuse before gnuplot is asked. What they show is looked at in tests/examples.
#include "examples/training/pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gibbs::examples {
namespace {

TEST(Pictures, EveryClassOfTheModelHasAName) {
  const train::ConfusionMatrix confusion(3);
  EXPECT_THAT(
      [&] {
        draw_confusion("none.png", confusion, {"cat", "dog"});
      },
      ::testing::ThrowsMessage<Error>("draw_confusion: 2 names for 3 classes"));
  const data::ImageDataset two{.images = Tensor::zeros({1, 2, 2, 3}, DType::uint8),
                               .labels = Tensor::zeros({1}, DType::int64),
                               .class_names = {"cat", "dog"},
                               .problems = {}};
  const train::Evaluation evaluation{.confusion = confusion, .predictions = {2}, .confidences = {0.5}};
  EXPECT_THAT([&] { draw_mistakes("none.png", two, evaluation); },
              ::testing::ThrowsMessage<Error>("draw_mistakes: 2 names for 3 classes"));
}

}  // namespace
}  // namespace gibbs::examples
