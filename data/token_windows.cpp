#include "gibbs/data/token_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gibbs/io/checksum.h"
#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

std::int64_t windows_of(const Tensor& tokens, std::int64_t length) {
  check(tokens.rank() == 1 && tokens.dtype() == DType::int64, "TokenWindows: tokens must be int64 [N], received ",
        tokens.dtype(), " ", tokens.shape());
  check(length >= 1, "TokenWindows: the length of a window must be at least 1, it is ", length);
  const std::int64_t windows = (tokens.numel() - 1) / length;
  check(windows >= 1, "TokenWindows: a window of ", length, " tokens and the one after them need ", length + 1,
        " tokens; there are ", tokens.numel());
  return windows;
}

}  // namespace

TokenWindows::TokenWindows(Tensor tokens, const TokenWindowOptions& options)
    : IndexedBatches("TokenWindows", windows_of(tokens, options.length),
                     {.batch_size = options.batch_size,
                      .shuffle = options.shuffle,
                      .seed = options.seed,
                      .drop_last = options.drop_last}),
      tokens_(std::move(tokens)),
      length_(options.length) {}

void TokenWindows::gather(const Tensor& samples, Batch& batch) {
  std::int64_t offset = 0;
  if (options().shuffle) {
    const std::int64_t left_over = tokens_.numel() - 1 - this->samples() * length_;
    const RandomKey key = RandomKey{.seed = options().seed}.derive("offset");
    const double u = random_uniform(key, static_cast<std::uint64_t>(batch.position.epoch));
    offset = static_cast<std::int64_t>(u * static_cast<double>(left_over + 1));
  }
  Tensor input = Tensor::uninitialized({batch.rows, length_}, DType::int64);
  Tensor target = Tensor::uninitialized({batch.rows, length_}, DType::int64);
  const auto* all = tokens_.data<std::int64_t>();
  auto *x = input.mutable_data<std::int64_t>(), *y = target.mutable_data<std::int64_t>();
  const auto* sample = samples.data<std::int64_t>();
  for (std::int64_t i = 0; i < batch.rows; ++i) {
    const std::int64_t* window = all + offset + sample[i] * length_;
    std::copy(window, window + length_, x + i * length_);
    std::copy(window + 1, window + 1 + length_, y + i * length_);
  }
  batch.inputs = {std::move(input)};
  batch.targets = {std::move(target)};
}

RunSettings TokenWindows::settings() const {
  RunSettings all = IndexedBatches::settings();
  all.emplace_back("length of a window", fmt::format("{}", length_));
  return all;
}

RunSettings TokenWindows::digest() const {
  const auto count = static_cast<std::size_t>(tokens_.numel());
  return {{"number of tokens", fmt::format("{}", count)},
          {"tokens", io::checksum_text(io::checksum_of(tokens_.data<std::int64_t>(), count * sizeof(std::int64_t)))}};
}

}  // namespace gibbs::data
