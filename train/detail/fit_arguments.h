// What fit refuses before its first step: arguments that would be found out after an epoch, or never.
#pragma once

#include "gibbs/train/fit.h"

namespace gibbs::train {

/// Throws for arguments that no run can be made of: no epoch, nowhere to write to, a checkpoint or history in a folder
/// that is not there, resume without a checkpoint, callbacks that are null or listed twice, an optimizer with none of
/// the model's parameters, training and validation sets that number their classes differently.
void check_fit_arguments(nn::Module& model, const optim::Optimizer& optimizer, const LossFunction& loss,
                         const data::Subset& train, const data::Subset& validation, const FitOptions& options,
                         const Callbacks& callbacks);

/// Throws when the run that is resumed at `position` has gone beyond the epochs that are asked for: it is not the one
/// that was asked for. Says so when nothing is left to do, unless progress is silent.
void check_epochs_left(const data::BatchPosition& position, const FitOptions& options);

}  // namespace gibbs::train
