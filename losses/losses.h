// All losses and information measures.
#pragma once

#include "gibbs/losses/binary_cross_entropy.h"
#include "gibbs/losses/compat/scipy.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/losses/divergence.h"
#include "gibbs/losses/focal.h"
#include "gibbs/losses/gaussian_kl.h"
#include "gibbs/losses/hinge.h"
#include "gibbs/losses/huber.h"
#include "gibbs/losses/information.h"
#include "gibbs/losses/jensen_shannon.h"
#include "gibbs/losses/kl_divergence.h"
#include "gibbs/losses/mean_absolute_error.h"
#include "gibbs/losses/mean_squared_error.h"
#include "gibbs/losses/mutual_information.h"
#include "gibbs/losses/renyi_tsallis.h"
