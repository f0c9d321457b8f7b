#include "examples/networks/article_convnet.h"

#include "gibbs/nn/nn.h"

namespace gibbs::examples {

nn::Sequential article_convnet(std::uint64_t seed, std::int64_t classes) {
  using namespace gibbs::nn;
  Sequential model(Conv2d({.in = 3, .out = 32, .kernel = 3}),   // [N, 30, 30, 32]
                   ReLU(),                                      //
                   MaxPool2d({.window = 2}),                    // [N, 15, 15, 32]
                   Dropout({.rate = 0.5}),                      //
                   Conv2d({.in = 32, .out = 64, .kernel = 3}),  // [N, 13, 13, 64]
                   ReLU(),                                      //
                   MaxPool2d({.window = 2}),                    // [N, 6, 6, 64]
                   Dropout({.rate = 0.5}),                      //
                   Flatten(),                                   // [N, 2304]
                   Dense({.in = 2304, .out = 256}),             // [N, 256]
                   ReLU(),                                      //
                   Dense({.in = 256, .out = classes}));         // [N, classes]
  initialize(model, seed);
  return model;
}

}  // namespace gibbs::examples
