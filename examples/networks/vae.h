// Variational autoencoder (Kingma and Welling 2014): a network that describes pictures by a few random numbers, and
// draws pictures from such numbers.
//
// The encoder gives a Gaussian for each picture, N(mean, e^log_variance); the decoder gets z = mean + e^(log_variance /
// 2) noise from it, through which the gradient passes, and gives a logit for each pixel. Its loss is the binary cross
// entropy of the pixels plus the KL divergence of the Gaussian from N(0, 1): the number of nats that the picture costs.
#pragma once

#include <cstdint>

#include "gibbs/nn/nn.h"

namespace gibbs::examples {

struct VAEOptions {
  std::int64_t pixels = 784, hidden = 400, latent = 20;
};

class VAE : public nn::Module {
 public:
  explicit VAE(const VAEOptions& options = {});

  struct Output {
    Variable logits, mean, log_variance;  // [N, pixels], [N, latent], [N, latent]

    template <class F>
    void each(F f) {
      f(logits), f(mean), f(log_variance);
    }
  };
  /// x [N, pixels] in [0, 1], and noise [N, latent] from N(0, 1).
  Output operator()(const Variable& x, const Variable& noise);
  /// z [N, latent] to logits [N, pixels].
  Variable decode(const Variable& z) { return decoder_(z); }

  void visit(nn::ModuleVisitor& visitor) override;
  std::string describe() const override { return "VAE"; }
  std::unique_ptr<nn::Module> share() const override { return std::make_unique<VAE>(*this); }

 private:
  nn::Sequential encoder_;
  nn::Dense mean_, log_variance_;
  nn::Sequential decoder_;
};

/// The mean over pictures of the sum over pixels of their binary cross entropy, plus the divergence from N(0, 1); nats.
Variable vae_loss(const Variable& x, const VAE::Output& output);

}  // namespace gibbs::examples
