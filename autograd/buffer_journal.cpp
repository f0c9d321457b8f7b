#include "gibbs/autograd/buffer_journal.h"

#include <algorithm>
#include <utility>

namespace gibbs::detail {
namespace {

thread_local BufferJournal* innermost = nullptr;

}  // namespace

BufferJournal::BufferJournal() : outer_(std::exchange(innermost, this)) {}

BufferJournal::~BufferJournal() { innermost = outer_; }

void BufferJournal::note(const std::shared_ptr<Tensor>& buffer) {
  for (BufferJournal* journal = innermost; journal != nullptr; journal = journal->outer_) {
    std::vector<Entry>& entries = journal->entries_;
    const bool known =
        std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.buffer == buffer; });
    if (!known) {
      entries.push_back({buffer, buffer->clone()});
    }
  }
}

BufferReplay::BufferReplay(const std::vector<BufferJournal::Entry>& entries) {
  for (const auto& [buffer, before] : entries) {
    now_.push_back({buffer, std::exchange(*buffer, before.clone())});
  }
}

BufferReplay::~BufferReplay() {
  for (auto& [buffer, now] : now_) {
    *buffer = std::move(now);
  }
}

}  // namespace gibbs::detail
