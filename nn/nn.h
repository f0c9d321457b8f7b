// All of nn: layers, summaries, saving and loading.
#pragma once

#include "gibbs/nn/check/check_layer.h"
#include "gibbs/nn/check/gradcheck.h"
#include "gibbs/nn/clip_gradients.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/nn/init.h"
#include "gibbs/nn/layers/activations.h"
#include "gibbs/nn/layers/conv2d.h"
#include "gibbs/nn/layers/dense.h"
#include "gibbs/nn/layers/dropout.h"
#include "gibbs/nn/layers/flatten.h"
#include "gibbs/nn/layers/pool2d.h"
#include "gibbs/nn/module.h"
#include "gibbs/nn/sequential.h"
#include "gibbs/nn/summary.h"
#include "gibbs/nn/weights.h"
