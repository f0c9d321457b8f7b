// All optimizers and schedules.
#pragma once

#include "gibbs/optim/adam.h"
#include "gibbs/optim/schedule.h"
#include "gibbs/optim/several.h"
#include "gibbs/optim/sgd.h"
