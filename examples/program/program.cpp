#include "examples/program/program.h"

namespace gibbs::examples {
namespace {

/// What is wrong with the arguments, for a person: some of CLI11's texts count arguments and name types.
std::string explanation(const CLI::Error& error) {
  std::string text = error.what();
  const std::string option = text.substr(0, text.find_first_of(": "));
  const auto says = [&](const char* part) { return text.find(part) != std::string::npos; };
  if (error.get_name() != "ArgumentMismatch") {
    return text;
  }
  return says(" missing")         ? option + ": its value is missing"
         : says(" At Most 1 ")    ? option + ": given more than once; give it once"
         : says(" flag override") ? "--" + option + ": takes no value"  // CLI11 names it without
                                  : text;
}

/// CLI11 would take --quiet=-1 and --quiet=3 for something.
void let_flags_take_no_value(CLI::App& app) {
  for (CLI::Option* option : app.get_options([](const CLI::Option* o) { return o->get_expected_max() == 0; })) {
    option->disable_flag_override();
  }
  for (CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; })) {
    let_flags_take_no_value(*group);
  }
}

}  // namespace

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  let_flags_take_no_value(app);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return for_terminal(explanation(error)) + "\nRun with --help for more information.\n";
  });
  return guarded([&] {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    return body();
  });
}

}  // namespace gibbs::examples
