// The article, claim by claim: information, entropy, cross entropy, the KL divergence and Jensen-Shannon, computed here
// in float64, with the article's own figures beside them and the reason wherever the two differ.
//
// The claims are in lesson/lesson_*.cpp. The article's experiment is the program cifar10_convnet; whether its two
// losses are one in training is shown by ce_vs_kl.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "examples/lesson/lesson.h"
#include "examples/lesson/lesson_pictures.h"
#include "examples/lesson/worms.h"
#include "examples/program/json_file.h"
#include "examples/program/program.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/io/run_folder.h"
#include "gibbs/tensor/printable.h"

namespace {

using namespace gibbs;

struct Arguments {
  std::filesystem::path json, out, observed;
};

int run(const Arguments& arguments) {
  const bool has_observed = !arguments.observed.empty();
  const Tensor observed = has_observed ? examples::read_tooth_counts(arguments.observed) : Tensor();
  fmt::print("Cross entropy and the KL divergence: the article's claims, computed in float64.\n");
  nlohmann::ordered_json lesson;
  for (const auto& claim :
       {examples::information_of_events, examples::entropy_as_mean_information, examples::entropy_of_a_coin,
        examples::models_of_the_worms, examples::cross_entropy_of_the_worms, examples::divergence_of_the_worms,
        examples::ten_predictions, examples::label_and_prediction, examples::equivalence, examples::asymmetry,
        examples::jensen_shannon}) {
    claim(lesson);
  }
  if (has_observed) {
    examples::compare_observed(lesson, arguments.observed.string(), observed);
  }
  if (!arguments.json.empty()) {
    examples::write_json(arguments.json, lesson);
    fmt::print("\nFigures are in {}\n", printable(arguments.json.string()));
  }
  if (!arguments.out.empty() && !io::gnuplot_found()) {
    fmt::print("\ngnuplot is not installed: nothing is drawn\n");
  } else if (!arguments.out.empty()) {
    const io::RunFolder out(arguments.out);
    examples::draw_lesson(arguments.out);
    fmt::print("\nPictures are in {}\n", printable(arguments.out.string()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The article on cross entropy and the KL divergence, claim by claim, with every number computed.");
  Arguments arguments;
  app.add_option("--json", arguments.json, "File for every figure, under the number of its claim");
  app.add_option("--out", arguments.out, "Folder for the pictures, as svg and png");
  app.add_option("--observed", arguments.observed,
                 "CSV file of tooth counts of your own, to compare with both models: one count per line, for 0, 1, 2 "
                 "... teeth; or the header teeth,count and lines such as 3,14. Counts need not be whole");
  return examples::run_program(app, argc, argv, [&] { return run(arguments); });
}
