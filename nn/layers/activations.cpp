#include "gibbs/nn/layers/activations.h"

#include <fmt/format.h>

#include <cmath>

#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/softmax.h"
#include "gibbs/nn/detail/check_input.h"
#include "gibbs/nn/forward.h"

namespace gibbs::nn {

std::unique_ptr<Module> ReLU::share() const { return std::make_unique<ReLU>(*this); }

Variable ReLU::forward(const Variable& x) {
  check_floating("ReLU", x);
  return relu(x);
}

std::unique_ptr<Module> Tanh::share() const { return std::make_unique<Tanh>(*this); }

Variable Tanh::forward(const Variable& x) {
  check_floating("Tanh", x);
  return tanh(x);
}

std::unique_ptr<Module> Sigmoid::share() const { return std::make_unique<Sigmoid>(*this); }

Variable Sigmoid::forward(const Variable& x) {
  check_floating("Sigmoid", x);
  return sigmoid(x);
}

std::unique_ptr<Module> GELU::share() const { return std::make_unique<GELU>(*this); }

Variable GELU::forward(const Variable& x) {
  check_floating("GELU", x);
  return options_.tanh ? gelu_tanh(x) : gelu(x);
}

std::unique_ptr<Module> Softmax::share() const { return std::make_unique<Softmax>(*this); }

Variable Softmax::forward(const Variable& x) {
  check(x.rank() >= 1, "Softmax: ", forward_name(), " expects [..., K], received ", x.shape());
  check_floating("Softmax", x);
  return softmax(x);
}

std::unique_ptr<Module> SELU::share() const { return std::make_unique<SELU>(*this); }

Variable SELU::forward(const Variable& x) {
  check_floating("SELU", x);
  return selu(x);
}

std::unique_ptr<Module> SiLU::share() const { return std::make_unique<SiLU>(*this); }

Variable SiLU::forward(const Variable& x) {
  check_floating("SiLU", x);
  return silu(x);
}

std::unique_ptr<Module> Mish::share() const { return std::make_unique<Mish>(*this); }

Variable Mish::forward(const Variable& x) {
  check_floating("Mish", x);
  return mish(x);
}

std::unique_ptr<Module> Softsign::share() const { return std::make_unique<Softsign>(*this); }

Variable Softsign::forward(const Variable& x) {
  check_floating("Softsign", x);
  return softsign(x);
}

std::unique_ptr<Module> HardSigmoid::share() const { return std::make_unique<HardSigmoid>(*this); }

Variable HardSigmoid::forward(const Variable& x) {
  check_floating("HardSigmoid", x);
  return hard_sigmoid(x);
}

std::unique_ptr<Module> HardSwish::share() const { return std::make_unique<HardSwish>(*this); }

Variable HardSwish::forward(const Variable& x) {
  check_floating("HardSwish", x);
  return hard_swish(x);
}

LeakyReLU::LeakyReLU(const LeakyReLUOptions& options) : options_(options) {
  check(std::isfinite(options.slope), "LeakyReLU: slope is ", options.slope, "; it must be finite");
}

std::string LeakyReLU::describe() const { return fmt::format("LeakyReLU({})", options_.slope); }

std::unique_ptr<Module> LeakyReLU::share() const { return std::make_unique<LeakyReLU>(*this); }

Variable LeakyReLU::forward(const Variable& x) {
  check_floating("LeakyReLU", x);
  return leaky_relu(x, options_.slope);
}

ELU::ELU(const ELUOptions& options) : options_(options) {
  check(std::isfinite(options.alpha) && options.alpha > 0, "ELU: alpha is ", options.alpha,
        "; it must be finite and above 0");
}

std::string ELU::describe() const { return fmt::format("ELU({})", options_.alpha); }

std::unique_ptr<Module> ELU::share() const { return std::make_unique<ELU>(*this); }

Variable ELU::forward(const Variable& x) {
  check_floating("ELU", x);
  return elu(x, options_.alpha);
}

CELU::CELU(const CELUOptions& options) : options_(options) {
  check(std::isfinite(options.alpha) && options.alpha > 0, "CELU: alpha is ", options.alpha,
        "; it must be finite and above 0");
}

std::string CELU::describe() const { return fmt::format("CELU({})", options_.alpha); }

std::unique_ptr<Module> CELU::share() const { return std::make_unique<CELU>(*this); }

Variable CELU::forward(const Variable& x) {
  check_floating("CELU", x);
  return celu(x, options_.alpha);
}

Softplus::Softplus(const SoftplusOptions& options) : options_(options) {
  check(std::isfinite(options.beta) && options.beta > 0, "Softplus: beta is ", options.beta,
        "; it must be finite and above 0");
}

std::string Softplus::describe() const { return fmt::format("Softplus({})", options_.beta); }

std::unique_ptr<Module> Softplus::share() const { return std::make_unique<Softplus>(*this); }

Variable Softplus::forward(const Variable& x) {
  check_floating("Softplus", x);
  return softplus(x, options_.beta);
}

PReLU::PReLU(const PReLUOptions& options) {
  check(options.features > 0, "PReLU: features must be positive, not ", options.features);
  check(std::isfinite(options.slope), "PReLU: slope is ", options.slope, "; it must be finite");
  slope_ = Parameter(Tensor::full({options.features}, options.slope));
}

std::string PReLU::describe() const { return fmt::format("PReLU({})", slope_.shape().numel()); }

std::unique_ptr<Module> PReLU::share() const { return std::make_unique<PReLU>(*this); }

Variable PReLU::forward(const Variable& x) {
  check(x.rank() >= 1 && x.size(-1) == slope_.shape()[0], "PReLU: ", forward_name(), " expects [..., ",
        slope_.shape()[0], "], received ", x.shape());
  check_parameter("PReLU", x, slope_);
  return prelu(x, slope_);
}

std::unique_ptr<Module> GLU::share() const { return std::make_unique<GLU>(*this); }

Variable GLU::forward(const Variable& x) {
  check(x.rank() >= 1 && x.size(-1) % 2 == 0, "GLU: ", forward_name(), " expects [..., 2 K], received ", x.shape());
  check_floating("GLU", x);
  return glu(x);
}

std::unique_ptr<Module> LogSoftmax::share() const { return std::make_unique<LogSoftmax>(*this); }

Variable LogSoftmax::forward(const Variable& x) {
  check(x.rank() >= 1, "LogSoftmax: ", forward_name(), " expects [..., K], received ", x.shape());
  check_floating("LogSoftmax", x);
  return log_softmax(x);
}

}  // namespace gibbs::nn
