// What normalising layers do last: n scale + shift, trained numbers of every channel, 1 and 0 at first.
#pragma once

#include "gibbs/nn/module.h"

namespace gibbs::nn {

/// The parameters "weight" and "bias" of these shapes; undefined where the layer does without.
struct ScaleAndShift {
  ScaleAndShift(const Shape& shape, bool scales, bool shifts)
      : scale(scales ? Parameter(Tensor::ones(shape)) : Parameter()),
        shift(shifts ? Parameter(Tensor::zeros(shape)) : Parameter()) {}

  void visit(ModuleVisitor& visitor) {
    if (scale.defined()) {
      visitor.parameter("weight", scale);
    }
    if (shift.defined()) {
      visitor.parameter("bias", shift);
    }
  }
  /// For the op: of any shape as [channels], undefined where there is none.
  static Variable of_channels(const Parameter& part);

  Parameter scale, shift;
};

/// Throws unless x is floating, in the dtype of the parameters if there are any.
void check_norm_input(const char* layer, const Variable& x, const ScaleAndShift& parts);
/// Throws unless x ends in these sizes.
void check_row_features(const char* layer, const Variable& x, const Shape& features);
/// "512", "7 x 7 x 64".
std::string sizes_in_words(const Shape& features);
/// ", epsilon 1e-05, not affine": what a line about a layer adds where an option is not the usual one.
std::string unusual_options(double epsilon, double usual_epsilon, bool affine);
/// Throws unless features (or groups) and epsilon make sense.
void check_norm_options(const char* layer, std::int64_t features, double epsilon);

}  // namespace gibbs::nn
