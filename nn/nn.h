// All layers.
#pragma once

#include "gibbs/nn/activations.h"
#include "gibbs/nn/conv2d.h"
#include "gibbs/nn/dense.h"
#include "gibbs/nn/dropout.h"
#include "gibbs/nn/flatten.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/nn/module.h"
#include "gibbs/nn/pool2d.h"
#include "gibbs/nn/sequential.h"
#include "gibbs/nn/summary.h"
#include "gibbs/nn/weights.h"
