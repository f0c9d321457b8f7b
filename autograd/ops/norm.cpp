#include "gibbs/autograd/ops/norm.h"

#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/record.h"

namespace gibbs {
namespace {

using kernels::Moments;
using kernels::MomentsAre;
using kernels::NormGeometry;

/// x, scale and shift as an op's inputs: those that are defined.
struct NormInputs {
  NormInputs(const Variable& x, const Variable& scale, const Variable& shift)
      : has_scale(scale.defined()), has_shift(shift.defined()) {
    all.push_back(x);
    for (const Variable* part : {&scale, &shift}) {
      if (part->defined()) {
        all.push_back(*part);
      }
    }
  }
  std::size_t at_shift() const { return has_scale ? 2 : 1; }

  Variables all;
  bool has_scale, has_shift;
};

void check_inputs(const char* op, const NormInputs& inputs, const Moments& m, const NormGeometry& g) {
  const Variable& x = inputs.all[0];
  check(is_floating(x.dtype()), op, ": needs float32 or float64, not ", x.dtype(), "; convert with cast");
  check(x.numel() == g.x_shape().numel(), op, ": x is ", x.shape(), ", its geometry ", g.x_shape());
  check(m.mean.shape() == g.moments_shape() && m.var.shape() == g.moments_shape(), op, ": mean is ", m.mean.shape(),
        ", var ", m.var.shape(), "; both must be ", g.moments_shape());
  for (std::size_t i = 1; i < inputs.all.size(); ++i) {
    const Variable& part = inputs.all[i];
    check(part.shape() == Shape{g.channels()} && part.dtype() == x.dtype(), op, ": ",
          inputs.has_scale && i == 1 ? "scale" : "shift", " is ", part.shape(), " ", part.dtype(), ", needs [",
          g.channels(), "] ", x.dtype());
  }
}

/// Moments that a graph keeps, and notices when they were written to since.
struct SavedMoments {
  explicit SavedMoments(const Moments& m) : mean(m.mean), var(m.var) {}
  Moments value() const { return {mean.value(), var.value()}; }

  Saved mean, var;
};

/// What both ops have in common. `normal` is n [outer, positions, groups, depth] in ops, of x in this form.
Variable normalized(const char* op, const NormInputs& inputs, const Moments& m, const NormOptions& options,
                    MomentsAre are, const std::function<Variable(const Variable&)>& normal) {
  const auto& [g, epsilon, centered, activation] = options;
  check_inputs(op, inputs, m, g);
  const bool has_scale = inputs.has_scale, has_shift = inputs.has_shift;
  const std::size_t at_shift = inputs.at_shift();
  const auto output_of = [has_scale, has_shift, at_shift, f = activation](const Variables& in) {
    return kernels::Epilogue{has_scale ? in[1].value() : Tensor(), has_shift ? in[at_shift].value() : Tensor(), f};
  };
  Tensor y = kernels::normalize(inputs.all[0].value(), m, output_of(inputs.all), g, epsilon);
  const SavedMoments saved_moments(m);
  return fused(
      op, inputs.all, std::move(y),
      [=, o = options](const Variables& in, const Tensor& dy, const std::vector<bool>& wanted) {
        auto [dx, dscale, dshift] = kernels::normalize_gradients(
            in[0].value(), saved_moments.value(), output_of(in), dy, o.geometry, o.epsilon, are,
            {.dx = wanted[0], .dscale = has_scale && wanted[1], .dshift = has_shift && wanted[at_shift]});
        std::vector<Tensor> gradients = {std::move(dx)};
        if (has_scale) {
          gradients.push_back(std::move(dscale));
        }
        if (has_shift) {
          gradients.push_back(std::move(dshift));
        }
        return gradients;
      },
      [=, o = options](const Variables& in) {
        const Shape rows = {o.geometry.outer * o.geometry.positions, o.geometry.channels()};
        Variable result = reshape(normal(reshape(in[0], o.geometry.x_shape())), rows);
        result = has_scale ? result * in[1] : result;
        result = has_shift ? result + in[at_shift] : result;
        return activate(reshape(result, in[0].shape()), o.activation);
      });
}

}  // namespace

Variable normalize(const Variable& x, const Variable& scale, const Variable& shift, const Moments& moments,
                   const NormOptions& options) {
  const auto normal = [epsilon = options.epsilon, centered = options.centered](const Variable& in) {
    const Variable d = centered ? in - mean(in, {1, 3}, /*keepdim=*/true) : in;
    return d / sqrt(mean(square(d), {1, 3}, /*keepdim=*/true) + epsilon);
  };
  return normalized("normalize", {x, scale, shift}, moments, options,
                    options.centered ? MomentsAre::own : MomentsAre::own_mean_square, normal);
}

Variable normalize_by(const Variable& x, const Variable& scale, const Variable& shift, const Moments& moments,
                      const NormOptions& options) {
  const auto normal = [kept = SavedMoments(moments), g = options.geometry,
                       epsilon = options.epsilon](const Variable& in) {
    const Shape each = {g.outer, 1, g.groups, 1};
    const Variable mean(kept.mean.value().reshape(each)), var(kept.var.value().reshape(each));
    return cast((cast(in, DType::float64) - mean) / sqrt(var + epsilon), in.dtype());
  };
  return normalized("normalize_by", {x, scale, shift}, moments, options, MomentsAre::constants, normal);
}

}  // namespace gibbs
