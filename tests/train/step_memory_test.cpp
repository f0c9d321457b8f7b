// What one training step of the article's network holds, computed by hand from what its lambdas capture.
//
// Bytes per image, float32 except routing (one byte per pooled element):
//   conv_block   captures its input and its routing   the images are the caller's; routing1 7,200, routing2 2,304
//   dropout      captures nothing but its key          its output is what the next layer captures: d1, d2, d3
//   dense        captures its input                    d2 9,216, d3 1,024
//   relu         captures its output                   r1 1,024
//   loss         captures the logits                   40
#include <sys/resource.h>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/node.h"
#include "gibbs/data/drawn.h"
#include "gibbs/data/loader.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "tests/testing/near.h"
#include "tests/testing/oracle.h"

namespace gibbs::testing {
namespace {

constexpr std::int64_t kImages = 250;
constexpr std::int64_t kRouting1 = 15 * 15 * 32, kD1 = 4 * 15 * 15 * 32, kRouting2 = 6 * 6 * 64, kD2 = 4 * 6 * 6 * 64,
                       kR1 = 4 * 256, kD3 = 4 * 256, kLogits = 4 * 10;
constexpr std::int64_t kDense2 = 4 * (256 * 10 + 10), kDense1 = 4 * (2304 * 256 + 256), kConv2 = 4 * (9 * 32 * 64 + 64),
                       kConv1 = 4 * (9 * 3 * 32 + 32);
/// The gradients of block 2's weights are summed as Winograd's transformed ones, 16 for 9, over the batch in slices of
/// 9 images, in a fixed order.
constexpr std::int64_t kTransformed2 = 4 * (16 * 32 * 64 + 64), kSlices = 28;

nn::Sequential article_convnet() {
  using namespace nn;
  Sequential model(Conv2d({.in = 3, .out = 32, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Conv2d({.in = 32, .out = 64, .kernel = 3}), ReLU(), MaxPool2d({.window = 2}), Dropout({.rate = 0.5}),
                   Flatten(), Dense({.in = 2304, .out = 256}), ReLU(), Dropout({.rate = 0.5}),
                   Dense({.in = 256, .out = 10}));
  initialize(model, 0);
  return model;
}

/// Bytes held beyond those at its making.
class Meter {
 public:
  std::int64_t now() const { return static_cast<std::int64_t>(memory::held_bytes()) - before_; }
  std::int64_t peak() const { return static_cast<std::int64_t>(memory::peak_bytes()) - before_; }

 private:
  std::int64_t before_ = (memory::reset_peak(), static_cast<std::int64_t>(memory::held_bytes()));
};

void expect_bytes(std::int64_t got, std::int64_t by_hand, const char* when) {
  EXPECT_NEAR(static_cast<double>(got) / static_cast<double>(by_hand), 1, 0.05)
      << when << ": " << got << " bytes, by hand " << by_hand;
}

TEST(StepMemory, OfTheConvNetIsWhatItsLambdasNeed) {
  nn::Sequential model = article_convnet();
  const Tensor images = Tensor::ones({kImages, 32, 32, 3});
  const Tensor labels = Tensor::zeros({kImages}, DType::int64);
  const nn::ForwardScope scope({.training = true});

  const Meter meter;
  const Variable loss = losses::cross_entropy_with_logits(labels, model(images));
  expect_bytes(meter.now(), kImages * (kRouting1 + kD1 + kRouting2 + kD2 + kR1 + kD3 + kLogits), "after forward");

  // What is held when a node hands on its gradients: before it is consumed, with dy and dx in hand.
  std::vector<std::pair<std::string, std::int64_t>> held;
  backward(loss, {.watch = [&](const Node& node, int i, const Variable&) {
             if (i == 0) {
               held.emplace_back(node.op, meter.now());
             }
           }});
  std::vector<std::int64_t> at_dense, at_block, at_dropout;
  for (const auto& [op, bytes] : held) {
    if (op == "dense" || op == "dense_activated") {
      at_dense.push_back(bytes);
    } else if (op == "conv_block") {
      at_block.push_back(bytes);
    } else if (op == "dropout") {
      at_dropout.push_back(bytes);
    }
  }
  ASSERT_EQ(at_dense.size(), 2);
  ASSERT_EQ(at_block.size(), 2);
  ASSERT_EQ(at_dropout.size(), 3);
  expect_bytes(at_dense[1], kImages * (kRouting1 + kD1 + kRouting2 + kD2 + kR1 + kD2) + kDense1 + kDense2,
               "dense 1: d3 and the logits are gone");
  expect_bytes(at_block[0], kImages * (kRouting1 + kD1 + kRouting2 + kD2 + kD1) + kDense1 + kDense2 + kConv2,
               "block 2: d2 and r1 are gone; its dy, its dx");
  expect_bytes(at_dropout[2], kImages * (kRouting1 + 2 * kD1) + kDense1 + kDense2 + kConv2,
               "dropout 1: d1 and routing2 are gone; its dy, its dx");
  expect_bytes(at_block[1], kImages * (kRouting1 + kD1) + kDense1 + kDense2 + kConv2 + kConv1,
               "block 1: its dy; the images need no dx");
  expect_bytes(
      meter.peak(),
      kImages * (kRouting1 + kD1 + kRouting2 + kD2 + kD1) + kDense1 + kDense2 + (kSlices + 2) * kTransformed2 + kConv2,
      "at most, in block 2: the slices, their sum, the transformed weights");
  expect_bytes(meter.now(), kDense1 + kDense2 + kConv2 + kConv1, "afterwards, the parameters' gradients");
}

// Under sanitizers nothing is recycled, or memory has a shadow.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(StepMemory, AStepOnceWarmAsksTheSystemForNothing) {
  nn::Sequential model = article_convnet();
  optim::Adam adam(nn::parameters(model));
  const data::ImageDataset images = data::drawn_images(1000, 0);
  data::DataLoader loader(images, {.batch_size = kImages});
  const auto steps = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const data::Batch batch = loader.next();
      const nn::ForwardScope scope({.training = true, .step = static_cast<std::uint64_t>(i)});
      const Variable loss = losses::cross_entropy_with_logits(batch.target(), model(batch.input()));
      adam.clear_gradients();
      backward(loss);
      adam.step();
    }
  };
  const auto page_faults = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
  };
  steps(6);  // the loader's threads and every size of block have been met
  const std::size_t allocations = memory::system_allocations();
  const long faults = page_faults();
  steps(10);
  EXPECT_EQ(memory::system_allocations(), allocations);
  EXPECT_LT(page_faults() - faults, 100) << "of 4 KB; one conv1 output alone would be 7,000";
}
#endif

}  // namespace
}  // namespace gibbs::testing
