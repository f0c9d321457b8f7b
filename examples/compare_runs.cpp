// compare_runs: the curves of several training runs in one picture each for loss and accuracy.
//
//   compare_runs --article --out docs/images "cross entropy=runs/ce" "KL divergence=runs/kl"
#include "examples/program/program.h"
#include "examples/training/pictures.h"
#include "gibbs/io/run_folder.h"
#include "gibbs/tensor/error.h"

namespace {

using namespace gibbs;

/// "NAME=FOLDER", whose history.csv is read; without a name the folder's is taken.
examples::Run read_run(const std::string& text) {
  const auto equals = text.find('=');
  const std::filesystem::path folder = equals == std::string::npos ? text : text.substr(equals + 1);
  const std::string name = equals == std::string::npos ? folder.filename().string() : text.substr(0, equals);
  train::History history = train::read_history_csv(folder / "history.csv");
  check(!history.epochs.empty(), "compare_runs: ", (folder / "history.csv").string(),
        " holds no epoch; nothing to draw");
  return {.name = name, .history = std::move(history)};
}

/// Read off the article's curves (CIFAR-10, lossless images): after the first epoch and after the last.
examples::Published article() {
  return {.name = "the article, validation", .epoch = {1, 25}, .loss = {1.57, 0.78}, .accuracy = {0.45, 0.735}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws loss and accuracy of several runs, training dashed and validation solid, one colour a run.");
  std::vector<std::string> runs;
  std::filesystem::path out = ".";
  app.add_option("--out", out, "Folder for loss.svg/png and accuracy.svg/png")->capture_default_str();
  bool with_article = false;
  app.add_flag("--article", with_article, "Draw the article's published values beside the runs");
  app.add_option("runs", runs, "NAME=FOLDER of runs of cifar10_convnet")->required();
  return examples::run_program(app, argc, argv, [&] {
    std::vector<examples::Run> read;
    read.reserve(runs.size());
    for (const std::string& text : runs) {
      read.push_back(read_run(text));
    }
    const io::RunFolder folder(out);
    examples::draw_curves(out, read, with_article ? std::vector{article()} : std::vector<examples::Published>());
    return 0;
  });
}
