// All of nn: layers, summaries, saving and loading.
#pragma once

#include "gibbs/nn/activations.h"
#include "gibbs/nn/conv2d.h"
#include "gibbs/nn/dense.h"
#include "gibbs/nn/dropout.h"
#include "gibbs/nn/flatten.h"
#include "gibbs/nn/forward.h"
#include "gibbs/nn/gradcheck.h"
#include "gibbs/nn/init.h"
#include "gibbs/nn/module.h"
#include "gibbs/nn/pool2d.h"
#include "gibbs/nn/safetensors.h"
#include "gibbs/nn/sequential.h"
#include "gibbs/nn/sha256.h"
#include "gibbs/nn/summary.h"
#include "gibbs/nn/version.h"
#include "gibbs/nn/weights.h"
