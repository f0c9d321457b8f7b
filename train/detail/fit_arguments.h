// What fit refuses before its first step: arguments that would be found out after an epoch, or never.
#pragma once

#include "gibbs/train/fit.h"

namespace gibbs::train {

/// Throws for arguments that no run can be made of: no epoch, epochs and steps, nowhere to write to, a checkpoint or
/// history in a folder that is not there, resume without a checkpoint, callbacks that are null or listed twice, an
/// optimizer with none of the model's parameters, batches that are also to be made by fit, the same batches for
/// training and validation.
void check_fit_arguments(nn::Module& model, const optim::Optimizer& optimizer, const data::Batches& train,
                         const data::Batches* validation, const FitOptions& options, const Callbacks& callbacks);

/// Throws when training and validation sets number their classes differently.
void check_same_classes(const data::ImageDataset& train, const data::ImageDataset& validation);

/// Throws when the run that is resumed has gone beyond the epochs or steps that are asked for: it is not the one that
/// was asked for. Says so when nothing is left to do, unless progress is silent.
void check_steps_left(const TrainingState& state, const FitOptions& options);

}  // namespace gibbs::train
