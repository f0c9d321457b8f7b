// All losses.
#pragma once

#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/mean_squared_error.h"
