// BufferJournal: which Buffers were written while it lives, and what each held before. With it a computation that
// updates buffers can be done a second time: it reads what it read the first time, and what it writes is undone.
#pragma once

#include <memory>
#include <vector>

#include "gibbs/tensor/tensor.h"

namespace gibbs::detail {

class BufferJournal {
 public:
  struct Entry {
    std::shared_ptr<Tensor> buffer;
    Tensor before;  // a copy
  };

  BufferJournal();
  BufferJournal(const BufferJournal&) = delete;
  BufferJournal& operator=(const BufferJournal&) = delete;
  ~BufferJournal();

  /// Buffers in the order of their first writes on this thread; those of journals inside this one too.
  const std::vector<Entry>& entries() const { return entries_; }
  /// To be called before every write.
  static void note(const std::shared_ptr<Tensor>& buffer);

 private:
  BufferJournal* outer_;
  std::vector<Entry> entries_;
};

/// While it lives, buffers hold what they held before the journal's writes; afterwards again what they hold now.
class BufferReplay {
 public:
  explicit BufferReplay(const std::vector<BufferJournal::Entry>& entries);
  BufferReplay(const BufferReplay&) = delete;
  BufferReplay& operator=(const BufferReplay&) = delete;
  ~BufferReplay();

 private:
  std::vector<BufferJournal::Entry> now_;
};

}  // namespace gibbs::detail
