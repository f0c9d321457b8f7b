// Nothing in the library's headers is missing from the registry, and nothing in the registry is stale.
#include "tests/battery/completeness.h"

#include <map>

#include "tests/battery/registry.h"
#include "tests/testing/expect_op.h"

namespace gibbs::battery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::filesystem::path kSource = GIBBS_SOURCE_DIR;

/// Functions that return a Variable and are no ops of their own, and why.
const std::map<std::string, std::string> kNoOps = {
    {"losses::distributions", "checks its argument and returns it"},
    {"losses::finish", "the end of every categorical loss: takes what only a loss can prepare"},
    {"losses::finish_binary", "the end of every binary loss: takes what only a loss can prepare"},
    {"losses::one_pass_loss", "records what cross_entropy_with_logits and others compute in one pass over the logits"},
};

std::set<std::string> declared() {
  std::set<std::string> names = declared_in(kSource / "autograd/ops", "", declared_ops);
  names.merge(declared_in(kSource / "losses", "losses::", declared_ops));
  for (const std::string preset : {"keras", "scipy", "torch"}) {
    names.merge(
        declared_in(kSource / "losses/compat" / (preset + ".h"), "losses::compat::" + preset + "::", declared_ops));
  }
  return names;
}

std::set<std::string> registered() {
  std::set<std::string> names;
  for (const OpEntry& op : all_ops()) {
    EXPECT_TRUE(names.insert(op.name).second) << op.name << " is registered twice";
  }
  return names;
}

/// Those of `names` that are not in `others`.
std::vector<std::string> missing_from(const std::set<std::string>& others, const std::set<std::string>& names) {
  std::vector<std::string> missing;
  std::set_difference(names.begin(), names.end(), others.begin(), others.end(), std::back_inserter(missing));
  return missing;
}

TEST(Completeness, EveryOpIsRegistered) {
  std::set<std::string> known = registered();
  for (const auto& [name, reason] : kNoOps) {
    EXPECT_FALSE(known.contains(name)) << name << " is registered, and said to be none: " << reason;
    known.insert(name);
  }
  EXPECT_THAT(missing_from(known, declared()), IsEmpty())
      << "declared in a header, but not in tests/battery: register them, or say in kNoOps why they are no ops";
  EXPECT_THAT(missing_from(declared(), known), IsEmpty()) << "in tests/battery, but in no header";
  EXPECT_GE(declared().size(), 120U) << "the headers were not read";
}

TEST(Completeness, EveryLayerIsRegistered) {
  const std::set<std::string> in_headers = declared_in(kSource / "nn", "", declared_layers);
  std::set<std::string> known;
  for (const LayerEntry& layer : all_layers()) {
    EXPECT_TRUE(known.insert(layer.name).second) << layer.name << " is registered twice";
  }
  EXPECT_THAT(missing_from(known, in_headers), IsEmpty()) << "declared in a header, but not in registry_layers.cpp";
  EXPECT_THAT(missing_from(in_headers, known), IsEmpty()) << "in registry_layers.cpp, but in no header";
  EXPECT_GE(in_headers.size(), 12U) << "the headers were not read";
}

TEST(Completeness, EveryOptimizerIsRegistered) {
  std::set<std::string> in_headers = declared_in(kSource / "optim", "", declared_layers), known;
  // The base of all others, and what steps others.
  for (const char* no_method : {"Method", "Several", "Average", "EMA", "Lookahead"}) {
    EXPECT_EQ(in_headers.erase(no_method), 1U) << no_method;
  }
  for (const OptimizerEntry& optimizer : all_optimizers()) {
    EXPECT_TRUE(known.insert(optimizer.name).second) << optimizer.name << " is registered twice";
  }
  EXPECT_THAT(missing_from(known, in_headers), IsEmpty()) << "in a header, but not in registry_optimizers.cpp";
  EXPECT_THAT(missing_from(in_headers, known), IsEmpty()) << "in registry_optimizers.cpp, but in no header";
}

TEST(Completeness, OpsAreReadFromText) {
  EXPECT_THAT(declared_ops(R"(// Variable comment(const Variable& x);
Variable square(const Variable& x);
inline Variable twice(const Variable& x) { return x + x; }
/// Two lines.
Variable with_options(const Variable& x,
                      const Options& options = {});
Variables unbind(const Variable& x, int axis = 0);
SortedVariable sort(const Variable& x);
inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
Tensor kernel(const Tensor& x);
struct Holder {
  Variable value() const;
};
)"),
              ElementsAre("sort", "square", "twice", "unbind", "with_options"));
  EXPECT_THAT(declared_ops("Variable first(const Variable& x);\nVariable second(const Variable& x);"),
              ElementsAre("first", "second"));
}

TEST(Completeness, LayersAreReadFromText) {
  EXPECT_THAT(declared_layers(R"(class Module;
class Dense : public Layer {
class Last final : public nn::Layer {
class ModuleVisitor {
class LeakyReLU : public ReLU {
)"),
              ElementsAre("Dense", "Last", "LeakyReLU"));
}

}  // namespace
}  // namespace gibbs::battery
