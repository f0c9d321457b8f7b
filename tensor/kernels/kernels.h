// All kernels: functions on Tensors that know numbers, memory and threads, and nothing of gradients.
#pragma once

#include "gibbs/tensor/kernels/conv2d.h"
#include "gibbs/tensor/kernels/conv_block.h"
#include "gibbs/tensor/kernels/dropout.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "gibbs/tensor/kernels/indexing.h"
#include "gibbs/tensor/kernels/layout.h"
#include "gibbs/tensor/kernels/norm.h"
#include "gibbs/tensor/kernels/ordering.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/pool2d.h"
#include "gibbs/tensor/kernels/reduce.h"
#include "gibbs/tensor/kernels/resample2d.h"
#include "gibbs/tensor/kernels/softmax.h"
