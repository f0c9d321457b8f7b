// All ops on Variables.
#pragma once

#include "gibbs/autograd/ops/activations.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/conv2d.h"
#include "gibbs/autograd/ops/conv_block.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/norm.h"
#include "gibbs/autograd/ops/pool2d.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/resample2d.h"
#include "gibbs/autograd/ops/softmax.h"
