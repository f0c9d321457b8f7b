// check_layer: everything that must hold of a layer, in one line. For layers of the library and for users' own.
//
//   std::cout << nn::check_layer(layer, {2, 5, 5, 3});
//
// A layer that takes indices is given some: {.input = Tensor::of({{0, 2, 2}, {1, 0, 3}}, DType::int64)}. Gradients of
// them there are none, which the report says; all else is checked.
//
// The lines of its report:
//   visit              reports the same parts each time, under different names
//   forward            runs, gives finite numbers, and the same ones the second time
//   parameters         all that forward reads are visited, and all that are visited are read
//   clone              the same function, of the same type, with parameters of its own
//   save and load      a file gives the numbers back, and the output follows them
//   gradients          of the input and of every parameter, first and second derivatives, in evaluation
//   training           the same inside a ForwardScope of training; the same bits for the same seed and step
//   train and eval     a training pass changes evaluation only through buffers; evaluation writes none
//   float64            output and gradients in float32 against those in float64; a layer that draws numbers (noise)
//   draws
//                      them in one dtype and casts, since one key gives other numbers in the other dtype
//   threads            the same bits on 1, 2 and 3 threads
//   input untouched    the input was not written
//   nodes freed        nothing of the graphs is left
#pragma once

#include "gibbs/autograd/check_report.h"
#include "gibbs/autograd/gradcheck.h"
#include "gibbs/nn/module.h"

namespace gibbs::nn {

struct CheckLayerOptions {
  /// The input; without it uniform random numbers in [-1, 1), a kink at 0 or between equal numbers being unlikely.
  /// Floating numbers are converted to the layer's dtype, integers are taken as they are.
  Tensor input = {};
  double float32_tolerance = 2e-5;  // of output and gradients, relative to the largest number of each tensor
  GradcheckOptions gradcheck = {};
};

/// Calls the layer, and once it is sure that copies can be made, works on copies: no number of the layer is changed.
/// Of a layer with pending parameters a clone is checked, initialized with seed 0; a line "initialize" says when that
/// fails.
/// input_shape: with its leading axis of samples. Counts the nodes of the whole process: other threads must not build
/// graphs meanwhile.
CheckReport check_layer(Layer& layer, const Shape& input_shape, const CheckLayerOptions& options = {});

}  // namespace gibbs::nn
