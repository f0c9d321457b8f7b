// Which module is running, at which path, in which scope. All of it is per thread: models that are shared by threads
// hold none of it. Paths are never stored in modules: they are found by one walk from the outermost module, the first
// time that one is asked for. Most calls ask for none, and for one image the walk would take as long as a layer.
#include "gibbs/nn/forward.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gibbs/autograd/checkpoint.h"
#include "gibbs/autograd/record.h"
#include "gibbs/nn/module.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/kernels/reduce.h"

namespace gibbs::nn {
namespace {

/// How many calls of each path have asked for a random stream.
using CallCounts = std::unordered_map<std::string, std::uint64_t>;

/// What an average will learn when the step ends: the mean of what pieces reported, by their rows.
struct Lesson {
  Buffer average;
  double keep;
  Tensor total;  // float64: sum of rows times value
  double rows = 0;

  void add(const Tensor& more, double more_rows) {
    total = rows == 0 ? more : kernels::add(total, more);
    rows += more_rows;
  }
  void apply() {
    const Tensor old = kernels::cast(average.value(), DType::float64);
    const Tensor mean = kernels::div(total, rows);
    average.replace(
        kernels::cast(kernels::add(kernels::mul(old, keep), kernels::mul(mean, 1 - keep)), average.value().dtype()));
  }
};

struct ScopeState {
  ForwardOptions options;
  CallCounts calls = {};
  std::vector<Lesson> lessons = {};

  Lesson& lesson_of(const Buffer& average, double keep) {
    const auto same = [&](const Lesson& lesson) { return lesson.average.same_as(average); };
    const auto known = std::ranges::find_if(lessons, same);
    return known != lessons.end() ? *known
                                  : lessons.emplace_back(Lesson{.average = average, .keep = keep, .total = {}});
  }
};

/// One running call, and which of its path's random streams it has, once it has asked for one.
struct RunningCall {
  const Module* module;
  std::optional<std::uint64_t> stream = {};
};

/// The call of a root module, and the calls that it has led to.
struct RootCall {
  using Paths = std::unordered_map<const Module*, std::string>;
  Module* root;
  std::shared_ptr<const Paths> paths = {};  // of everything below the root, once somebody has asked
  std::vector<RunningCall> running = {};
  CallCounts calls = {};      // outside any scope
  std::string unscoped = {};  // the first module that asked for options outside any scope, while the tape was on
};

thread_local ScopeState* current_scope = nullptr;
thread_local std::unique_ptr<RootCall> root_call;

const std::string kNoPath;

/// The path of a module below the running root; "" if it is not there.
const std::string& path_in(RootCall& call, const Module& module) {
  if (!call.paths) {
    RootCall::Paths paths;
    for (auto& [path, part] : named_modules(*call.root)) {
      paths.try_emplace(part, std::move(path));
    }
    call.paths = std::make_shared<const RootCall::Paths>(std::move(paths));
  }
  const auto known = call.paths->find(&module);
  return known == call.paths->end() ? kNoPath : known->second;
}

/// A copy; null of null.
template <class T>
std::unique_ptr<T> copy_of(const T* state) {
  return state ? std::make_unique<T>(*state) : nullptr;
}

/// For checkpoints: the scope and the running modules of a past moment, until it is destroyed. Calls are counted from
/// that moment on, in copies; observers are told nothing a second time.
class PastForward {
 public:
  PastForward(const ScopeState* scope, const RootCall* root)
      : scope_(copy_of(scope)),
        scope_before_(std::exchange(current_scope, scope_.get())),
        root_before_(std::exchange(root_call, copy_of(root))) {
    if (scope_ && scope_->options.observer) {
      scope_->options.observer = [](const auto&...) {};  // not empty: layers must not be fused where they were not
    }
  }
  PastForward(const PastForward&) = delete;
  PastForward& operator=(const PastForward&) = delete;
  ~PastForward() {
    current_scope = scope_before_;
    root_call = std::move(root_before_);
  }

 private:
  std::unique_ptr<ScopeState> scope_;
  ScopeState* scope_before_;
  std::unique_ptr<RootCall> root_before_;
};

gibbs::detail::Reenter capture_forward() {
  if (root_call) {
    path_in(*root_call, *root_call->root);  // now, since the model may be gone when the past comes back
  }
  const std::shared_ptr<const ScopeState> scope = copy_of(current_scope);
  const std::shared_ptr<const RootCall> root = copy_of(root_call.get());
  return [scope, root] { return std::make_shared<PastForward>(scope.get(), root.get()); };
}

const bool checkpoints_know = gibbs::detail::on_checkpoint(capture_forward);

}  // namespace

ForwardScope::ForwardScope(ForwardOptions options) : before_(current_scope), exceptions_(std::uncaught_exceptions()) {
  current_scope = new ScopeState{std::move(options)};
}

ForwardScope::~ForwardScope() noexcept(false) {
  const std::unique_ptr<ScopeState> ended(std::exchange(current_scope, static_cast<ScopeState*>(before_)));
  if (std::uncaught_exceptions() > exceptions_) {
    return;
  }
  const auto is_step_of = [&](const ScopeState* outer) {
    return outer != nullptr && outer->options.training && outer->options.seed == ended->options.seed &&
           outer->options.step == ended->options.step;
  };
  for (Lesson& lesson : ended->lessons) {
    if (is_step_of(current_scope)) {  // this was a piece of a step
      current_scope->lesson_of(lesson.average, lesson.keep).add(lesson.total, lesson.rows);
    } else {
      lesson.apply();
    }
  }
}

const ForwardOptions& ForwardScope::current() {
  static const ForwardOptions evaluation;
  return current_scope ? current_scope->options : evaluation;
}

ForwardPath::operator const std::string&() const {
  return root_call && !root_call->running.empty() ? path_in(*root_call, *root_call->running.back().module) : kNoPath;
}

std::ostream& operator<<(std::ostream& out, const ForwardPath& path) {
  return out << static_cast<const std::string&>(path);
}

std::ostream& operator<<(std::ostream& out, ForwardName) {
  const std::string& path = forward_path();
  return path.empty() ? out << "the model itself" : out << "layer '" << path << "'";
}

const ForwardOptions& forward_options() {
  check(root_call != nullptr,
        "forward_options: no module is running; call it inside a module's forward, or read ForwardScope::current()");
  if (current_scope == nullptr && tape_is_on() && root_call->unscoped.empty()) {
    root_call->unscoped = root_call->running.back().module->describe();
  }
  return ForwardScope::current();
}

RandomKey forward_key() {
  check(root_call != nullptr, "forward_key: no module is running; call it inside a module's forward");
  const ForwardOptions& options = ForwardScope::current();
  const std::string& path = forward_path();
  std::optional<std::uint64_t>& stream = root_call->running.back().stream;
  if (!stream) {
    stream = (current_scope ? current_scope->calls : root_call->calls)[path]++;
  }
  return RandomKey{.seed = options.seed}.derive(path).derive(*stream).derive(options.step);
}

void learn_average(const Buffer& average, const Tensor& of_batch, double keep, std::int64_t rows) {
  check(root_call != nullptr, "learn_average: no module is running; call it inside a module's forward");
  check(current_scope != nullptr && current_scope->options.training, "learn_average: ", forward_name(),
        " is not in training; ask forward_options().training first");
  check(average.defined() && average.value().shape() == of_batch.shape(), "learn_average: ", forward_name(),
        " has an average of ", average.defined() ? average.value().shape() : Shape{}, ", and reports ",
        of_batch.shape(), "; they must be equal");
  check(keep >= 0 && keep <= 1 && rows > 0, "learn_average: keep is ", keep, " and rows ", rows,
        "; keep must be in [0, 1], rows above 0");
  const auto weight = static_cast<double>(rows);
  current_scope->lesson_of(average, keep).add(kernels::mul(kernels::cast(of_batch, DType::float64), weight), weight);
}

namespace detail {
namespace {

void name_parameters(Module& module) {
  for (const auto& [path, parameter] : named_parameters(module)) {
    if (!parameter.frozen()) {
      named(path, parameter);
    }
  }
}

/// y, of which there are no gradients, because this module was not told whether it is trained.
Variable without_gradients(const Variable& y, const std::string& module) {
  return record("without ForwardScope", y.value(), wrt(y, [module](const Variable&) -> Variable {
                  fail("grad: ", module,
                       " ran outside of any ForwardScope, and it computes something else in training. "
                       "For training write `nn::TrainingLoop loop({.seed = 0});` before the loop and `const "
                       "nn::ForwardScope scope = loop.next(rows);` in every step; for gradients in evaluation (a "
                       "saliency map) write `const nn::ForwardScope scope({});` before the model is called");
                }));
}

}  // namespace

const std::string& path_of(const Module& module) { return root_call ? path_in(*root_call, module) : kNoPath; }

ModuleCall::ModuleCall(Module& module) : module_(module), is_root_(!root_call) {
  if (is_root_) {
    root_call = std::make_unique<RootCall>(RootCall{.root = &module});
  }
  root_call->running.push_back({.module = &module});
  if (layers_are_watched()) {
    layer_.emplace(forward_path(), module.describe());
  }
  if (is_root_ && notes_are_taken()) {
    name_parameters(module);
  }
}

ModuleCall::~ModuleCall() {
  root_call->running.pop_back();
  if (is_root_) {
    root_call.reset();
  }
}

bool ModuleCall::is_watched() const {
  const ForwardOptions& options = ForwardScope::current();
  return module_.has_forward_hooks() || options.check_finite || options.observer ||
         (is_root_ && !root_call->unscoped.empty());
}

void ModuleCall::finish(const Variables& inputs, const std::vector<Variable*>& outputs) const {
  Variables y;
  for (const Variable* output : outputs) {
    y.push_back(*output);
  }
  for (const ModuleHook& hook : module_.forward_hooks_.all()) {
    hook(inputs, y);
    check(y.size() == outputs.size(), forward_name(), " (", module_.describe(), "): a hook left ", y.size(),
          " outputs of ", outputs.size(), "; put others in their places");
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    *outputs[i] = y[i];
  }
  const ForwardOptions& options = ForwardScope::current();
  const auto is_finite = [](const Variable& x) {
    return !x.defined() || x.numel() == 0 || kernels::min(kernels::isfinite(x.value())).item() != 0;
  };
  if (options.check_finite) {
    check(std::all_of(y.begin(), y.end(), is_finite), forward_name(), " (", module_.describe(),
          ") gave NaN or infinity");
  }
  if (options.observer) {
    options.observer(forward_path(), module_, inputs, y);
  }
  if (is_root_ && !root_call->unscoped.empty()) {
    for (Variable* output : outputs) {
      if (output->traced()) {
        *output = without_gradients(*output, root_call->unscoped);
      }
    }
  }
}

}  // namespace detail
}  // namespace gibbs::nn
