// Lesson 9: the graph can be looked at.
//
//   09_graph              prints the first picture as DOT text and draws nothing
//   09_graph FOLDER       writes expression.dot and convnet.dot, and .svg and .png beside them where graphviz is
//   installed
//
// While a NotesScope lives, nodes remember their values, names and layers, and `draw_graph` writes them down: leaves
// are yellow, the result is green, layers are frames. Red is the way back: on each arrow the gradient that flows along
// it, and Σ where a value with several users sums what they send.
#include <gibbs/gibbs.h>

#include <filesystem>

#include "examples/networks/article_convnet.h"
#include "examples/program/verdict.h"
#include "gibbs/tensor/printable.h"

using namespace gibbs;

/// x y + x, times x y: small enough to check every number on paper.
Variable expression() {
  const NotesScope watch;
  const Variable x = named("x", Variable::leaf(Tensor::of(2, DType::float64)));
  const Variable y = named("y", Variable::leaf(Tensor::of(-3, DType::float64)));
  const Variable product = x * y;
  return named("z", (product + x) * product);
}

/// The loss of the article's network in training, on four drawn pictures.
Variable convnet_loss() {
  const NotesScope watch;
  nn::Sequential model = examples::article_convnet(0);
  const data::Batch batch =
      data::DataLoader(data::load("drawn", {.drawn_train = 10, .drawn_test = 10}).train, {.batch_size = 4}).next();
  const nn::ForwardScope training({.training = true});
  const Variable logits = model(named("images", Variable::leaf(batch.input())));
  return named("loss", losses::cross_entropy_with_logits(batch.target(), logits));
}

void write(const std::filesystem::path& stem, const Variable& y, const DrawOptions& options) {
  write_graph(stem.string() + ".dot", y, options);
  for (const char* ending : {".svg", ".png"}) {
    try {
      write_graph(stem.string() + ending, y, options);
    } catch (const Error& error) {
      fmt::print("{}\n", examples::for_terminal(error.what()));
    }
  }
}

int lesson(int argc, char** argv) {
  const Variable z = expression(), loss = convnet_loss();
  const DrawOptions options{.gradients = true, .title = "z = (x y + x) x y"};
  const std::string drawn = draw_graph(z, options), network = draw_graph(loss, {.gradients = true});
  if (argc > 1) {
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    write(folder / "expression", z, options);
    write(folder / "convnet", loss, {.gradients = true, .title = "The article's network in training"});
    fmt::print("Graphs are in {}\n", printable(folder.string()));
  } else {
    fmt::print("{}", drawn);
  }
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  // z = (x y + x) x y = x^2 y^2 + x^2 y:   dz/dx = 2 x y^2 + 2 x y = 24,   dz/dy = 2 x^2 y + x^2 = -20
  return examples::verdict({
      {"y receives -20", says(drawn, "label=< ∂ -20>")},
      {"x receives 30 and -6, which is 24", says(drawn, "label=< ∂ 30>") && says(drawn, "Σ ∂ 24")},
      {"the network's layers are frames", says(network, "9: Dense(2304 -&gt; 256)")},
      {"its convolution blocks ran as one op each", says(network, "0, 1, 2: Conv2d(3 -&gt; 32, kernel 3x3), ReLU")},
  });
}

int main(int argc, char** argv) {
  return examples::guarded([&] { return lesson(argc, argv); });
}
