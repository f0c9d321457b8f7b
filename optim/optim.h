// All optimizers and schedules.
#pragma once

#include "gibbs/optim/adagrad.h"
#include "gibbs/optim/adam.h"
#include "gibbs/optim/ema.h"
#include "gibbs/optim/lion.h"
#include "gibbs/optim/lookahead.h"
#include "gibbs/optim/muon.h"
#include "gibbs/optim/nadam.h"
#include "gibbs/optim/rmsprop.h"
#include "gibbs/optim/schedule.h"
#include "gibbs/optim/several.h"
#include "gibbs/optim/sgd.h"
