// A layer of a user's, made with nothing but docs/extending.md: every channel is convolved with a kernel of its own.
#pragma once

#include <gibbs/gibbs.h>

struct DepthwiseConv2dOptions {
  std::int64_t channels;
  gibbs::nn::Size2d kernel;
  gibbs::nn::Size2d stride = 1;
  gibbs::nn::Padding padding = gibbs::nn::Padding::valid;
  bool bias = true;
};

/// [N, H, W, channels] to [N, OH, OW, channels].
class DepthwiseConv2d : public gibbs::nn::Layer {
 public:
  explicit DepthwiseConv2d(const DepthwiseConv2dOptions& options);

  void visit(gibbs::nn::ModuleVisitor& visitor) override;
  std::string describe() const override;
  std::unique_ptr<gibbs::nn::Module> share() const override { return std::make_unique<DepthwiseConv2d>(*this); }

 protected:
  gibbs::Variable forward(const gibbs::Variable& x) override;

 private:
  DepthwiseConv2dOptions options_;
  gibbs::Parameter weight_;  // [kernel.h, kernel.w, 1, channels]
  gibbs::Parameter bias_;    // [channels], undefined without bias
};
