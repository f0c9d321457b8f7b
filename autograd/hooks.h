// Hooks: functions of the user's that others call at a stated point, until they are removed.
//
//   HookHandle handle = x.on_gradient([](const Variable& dx) { return clamp(dx, -1, 1); });
//   handle.remove();
//
// A HookList belongs to one owner. Copies of the owner start without hooks; moving it takes them along.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace gibbs {

class Variable;

/// Receives the gradient dy of a value and returns the one to go on with: dy itself, another of its shape and dtype, or
/// an undefined Variable to leave it as it is.
using GradientHook = std::function<Variable(const Variable& dy)>;

/// Removes one hook. A handle that is dropped leaves its hook in place.
class HookHandle {
 public:
  HookHandle() = default;
  explicit HookHandle(std::function<void()> remove) : remove_(std::move(remove)) {}
  /// After this the hook is not called again. Does nothing the second time, or when the owner is gone.
  void remove() {
    if (const auto remove_once = std::exchange(remove_, nullptr)) {
      remove_once();
    }
  }

 private:
  std::function<void()> remove_;
};

template <class Hook>
class HookList {
 public:
  HookList() = default;
  HookList(const HookList& /*other*/) {}
  HookList(HookList&&) noexcept = default;
  HookList& operator=(const HookList& /*other*/) { return *this; }  // NOLINT: hooks are not copied
  HookList& operator=(HookList&&) noexcept = default;
  ~HookList() = default;

  HookHandle add(Hook hook) {
    if (!hooks_) {
      hooks_ = std::make_shared<Hooks>();
    }
    const std::uint64_t id = hooks_->next_id++;
    hooks_->by_id.emplace(id, std::move(hook));
    return HookHandle([list = std::weak_ptr(hooks_), id] {
      if (const auto hooks = list.lock()) {
        hooks->by_id.erase(id);
      }
    });
  }

  bool empty() const { return !hooks_ || hooks_->by_id.empty(); }

  /// In the order in which they were added. A copy: a hook may remove itself.
  std::vector<Hook> all() const {
    std::vector<Hook> hooks;
    if (hooks_) {
      for (const auto& [id, hook] : hooks_->by_id) {
        hooks.push_back(hook);
      }
    }
    return hooks;
  }

 private:
  struct Hooks {
    std::map<std::uint64_t, Hook> by_id;
    std::uint64_t next_id = 0;
  };
  std::shared_ptr<Hooks> hooks_;
};

}  // namespace gibbs
