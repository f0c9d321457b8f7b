// The figures and pictures of docs/primer.md and docs/network.md. Their text names them by number: P1 ... of the
// primer, N1 ... of the page on the network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "examples/first_pages/first_pages.h"
#include "examples/program/json_file.h"
#include "examples/program/program.h"
#include "gibbs/io/gnuplot.h"
#include "gibbs/io/run_folder.h"
#include "gibbs/tensor/printable.h"

namespace {

using namespace gibbs;

int run(const std::filesystem::path& json, const std::filesystem::path& pictures) {
  fmt::print("The figures of docs/primer.md and docs/network.md.\n");
  nlohmann::ordered_json figures;
  for (const auto& part : {examples::straight_layers, examples::how_wrong, examples::three_rates,
                           examples::who_is_to_blame, examples::logits_to_shares, examples::sum_in_a_window,
                           examples::pooled_and_dropped, examples::article_network}) {
    part(figures);
  }
  if (!json.empty()) {
    examples::write_json(json, figures);
    fmt::print("\nFigures are in {}\n", printable(json.string()));
  }
  if (!pictures.empty() && !io::gnuplot_found()) {
    fmt::print("\ngnuplot is not installed: nothing is drawn\n");
  } else if (!pictures.empty()) {
    const io::RunFolder out(pictures);
    examples::draw_first_pages(pictures);
    fmt::print("\nPictures are in {}\n", printable(pictures.string()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The figures and pictures of docs/primer.md and docs/network.md.");
  std::filesystem::path json, pictures;
  app.add_option("--json", json, "File for every figure, under its number");
  app.add_option("--out", pictures, "Folder for the pictures, as svg and png");
  return examples::run_program(app, argc, argv, [&] { return run(json, pictures); });
}
