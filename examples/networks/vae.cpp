#include "examples/networks/vae.h"

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/losses/binary_cross_entropy.h"
#include "gibbs/losses/measures/gaussian_kl.h"

namespace gibbs::examples {

using namespace gibbs::nn;

VAE::VAE(const VAEOptions& options)
    : encoder_{Dense({.in = options.pixels, .out = options.hidden}), ReLU()},
      mean_({.in = options.hidden, .out = options.latent}),
      log_variance_({.in = options.hidden, .out = options.latent}),
      decoder_{Dense({.in = options.latent, .out = options.hidden}), ReLU(),
               Dense({.in = options.hidden, .out = options.pixels})} {}

VAE::Output VAE::operator()(const Variable& x, const Variable& noise) {
  return run(
      [&]() -> Output {
        const Variable h = encoder_(x), mean = mean_(h), log_variance = log_variance_(h);
        return {decoder_(mean + exp(log_variance * 0.5) * noise), mean, log_variance};
      },
      x, noise);
}

void VAE::visit(ModuleVisitor& visitor) {
  visitor.child("encoder", encoder_);
  visitor.child("mean", mean_);
  visitor.child("log_variance", log_variance_);
  visitor.child("decoder", decoder_);
}

Variable vae_loss(const Variable& x, const VAE::Output& output) {
  const auto pixels = static_cast<double>(x.size(1));
  return losses::binary_cross_entropy_with_logits(x, output.logits) * pixels +
         losses::gaussian_kl_to_standard_normal(output.mean, output.log_variance);
}

}  // namespace gibbs::examples
