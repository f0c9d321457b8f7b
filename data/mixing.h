// Mixup and cutmix: every sample of a batch is mixed with another one, and its target with the other's, in the same
// parts. Targets become distributions, which every loss of losses/ takes.
//
//   mixup    x = lambda x_i + (1 - lambda) x_j                   Zhang et al. 2018, arXiv:1710.09412
//   cutmix   x = x_i, but x_j in a box of the area 1 - lambda    Yun et al. 2019, arXiv:1905.04899
//   both     p = lambda p_i + (1 - lambda) p_j                   lambda ~ Beta(alpha, alpha), one for each batch
//
//   train::fit(model, adam, losses::cross_entropy_with_logits, train, validation, {.mixing = {.cutmix = 1}});
//
// The other sample is the one before in the batch, which is in random order already. What is drawn depends on the seed
// and the batch's place alone, so that a resumed run mixes the same.
#pragma once

#include "gibbs/data/batches.h"
#include "gibbs/tensor/random.h"

namespace gibbs::data {

/// alpha of each, 0 for none: the papers have 0.2 for mixup and 1 for cutmix. With both, each has half of the batches.
struct Mixing {
  double mixup = 0;
  double cutmix = 0;
  /// K of the distributions that labels become. fit takes the number of the data's class names unless it is given.
  std::int64_t classes = 0;

  bool empty() const { return mixup == 0 && cutmix == 0; }
};

/// The batches of another, mixed. For training: validation is for samples as they are.
class MixedBatches : public Batches {
 public:
  /// `batches` outlives this. Errors: an alpha that is negative or not finite, neither above 0, a negative number of
  /// classes.
  MixedBatches(Batches& batches, const Mixing& mixing, std::uint64_t seed = 0);

  std::int64_t samples() const override { return batches_.samples(); }
  std::int64_t batches_per_epoch() const override { return batches_.batches_per_epoch(); }
  /// Of one input, float [B, ...] (pictures [B, H, W, C] for cutmix), and one target: int64 [B] to float32 [B,
  /// classes], or distributions [B, K]. Throws for others, and for labels outside of [0, classes).
  Batch make(const BatchPosition& position) override;
  RunSettings settings() const override;
  RunSettings digest() const override { return batches_.digest(); }

 private:
  Tensor distributions(const Tensor& target) const;

  Batches& batches_;
  Mixing mixing_;
  std::uint64_t seed_;
};

/// A number in [0, 1] from Beta(alpha, alpha), alpha > 0: symmetric about 1/2; uniform for 1, mostly near 0 or 1 below
/// it and near 1/2 above. The same bits on every machine.
double symmetric_beta(double alpha, const RandomKey& key);

}  // namespace gibbs::data
