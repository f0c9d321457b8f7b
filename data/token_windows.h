// TokenWindows: a long row of tokens (a text, as numbers) in windows: of each, what comes next is to be said at every
// place.
//
//   input  [B, length]: t_s       t_(s+1) ... t_(s+length-1)
//   target [B, length]: t_(s+1)   t_(s+2) ... t_(s+length)
//
// N tokens make (N - 1) / length windows that do not overlap. When they are shuffled, every epoch also begins its first
// window elsewhere, as far as the tokens that are left over allow, so that it is not always the same places that begin
// one.
#pragma once

#include "gibbs/data/batches.h"

namespace gibbs::data {

struct TokenWindowOptions {
  std::int64_t length;  // of a window; must be given
  std::int64_t batch_size = 32;
  bool shuffle = true;
  std::uint64_t seed = 0;
  bool drop_last = false;
};

class TokenWindows : public IndexedBatches {
 public:
  /// tokens: int64 [N]. Errors: another dtype or rank, a length under 1, too few tokens for one window, a batch size
  /// under 1 or over the number of windows.
  TokenWindows(Tensor tokens, const TokenWindowOptions& options);

  RunSettings settings() const override;
  RunSettings digest() const override;

 private:
  void gather(const Tensor& samples, Batch& batch) override;

  Tensor tokens_;
  std::int64_t length_;
};

}  // namespace gibbs::data
