// A training with one loss, watched with another: every loss is measured in the same unit, so that curves compare.
#pragma once

#include <string>
#include <vector>

#include "examples/laboratory/breaks.h"
#include "gibbs/data/dataset.h"

namespace gibbs::examples {

struct TrainingCurve {
  std::string name;
  std::vector<double> cross_entropy;  // of the batch, exact and against its labels, before each step
  std::vector<double> accuracy;
};

/// The mean of the last `count` values up to place `last`, or of as many as there are: batches are noisy.
double running_mean(const std::vector<double>& values, std::size_t last, std::size_t count = 10);

enum class Method { adam, sgd };

struct TrainingCurveOptions {
  Method method = Method::adam;
  std::int64_t steps = 0;
  std::int64_t batch_size = 250;
  LockstepOptions lockstep = {};
};

TrainingCurve train_with(const std::string& name, const LogitsLoss& loss, const nn::Layer& start,
                         const data::Subset& set, const TrainingCurveOptions& options);

/// Both losses of a break, each from the same start; with SGD too where the break asks for it, at 50 times the rate,
/// since SGD's steps are not scaled to the size of the gradient.
std::vector<TrainingCurve> train_both(const Break& broken, const nn::Layer& start, const data::Subset& set,
                                      const TrainingCurveOptions& options);

}  // namespace gibbs::examples
