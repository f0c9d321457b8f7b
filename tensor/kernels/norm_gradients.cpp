// The gradients of normalisation. By columns two passes: sums of every channel, then dx, which is one line in x and one
// in dy for every channel. By rows one pass: a row is summed, and its dx made, while it is in the cache.
#include <algorithm>
#include <functional>
#include <vector>

#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/kernels/detail/norm_pieces.h"
#include "gibbs/tensor/kernels/detail/reduce_loop.h"

namespace gibbs::kernels {
namespace {

using detail::Columns;
using detail::for_each_wide_row;
using detail::Line;
using detail::Lines;
using detail::Piece;

/// What the gradient takes from the sums of one [outer, group]: dx = r g - a - n b, with a and b the means.
struct Pull {
  double of_sum = 0, of_product = 0;
};

template <class T>
class Gradients {
 public:
  Gradients(const Tensor& x, const Moments& moments, const Epilogue& output, const Tensor& dy, const NormGeometry& g,
            double epsilon, MomentsAre are, const NormWanted& wanted)
      : g_(g),
        affine_(moments, output, g, epsilon),
        activation_(output.activation),
        are_(are),
        x_(x.data<T>()),
        dy_(dy.data<T>()),
        wanted_(wanted) {
    if (wanted.dx) {
      result_.dx = Tensor::uninitialized(x.shape(), x.dtype());
      dx_ = result_.dx.mutable_data<T>();
    }
  }

  NormGradients all() {
    g_.positions == 1 ? by_rows() : by_columns();
    const auto sum_over_outer = [this](bool wanted, std::int64_t which) {
      Tensor sum;
      if (wanted) {
        sum = Tensor::uninitialized({g_.channels()}, dtype_of<T>);
        std::transform(sums_.begin() + which * g_.channels(), sums_.begin() + (which + 1) * g_.channels(),
                       sum.mutable_data<T>(), [](double v) { return static_cast<T>(v); });
      }
      return sum;
    };
    result_.dshift = sum_over_outer(wanted_.dshift, 0);
    result_.dscale = sum_over_outer(wanted_.dscale, 1);
    return result_;
  }

 private:
  bool wants_sums() const { return wanted_.dscale || wanted_.dshift || are_ != MomentsAre::constants; }

  /// dx of a channel is factor d + (x - high) slope + rest.
  Line<T> line_of_x(std::int64_t group, const Pull& pull) const {
    const double r = affine_.r(group), m = static_cast<double>(g_.count());
    return detail::line<T>(affine_.mean(group), -r * r * pull.of_product / m, -r * pull.of_sum / m);
  }
  Pull kept(Pull pull) const {
    return are_ == MomentsAre::constants         ? Pull{}
           : are_ == MomentsAre::own_mean_square ? Pull{0, pull.of_product}
                                                 : pull;
  }

  /// d = dy f'(u) of n numbers: dy itself without an activation, else in `room`, where fill_u(room) puts u at first.
  template <class FillU>
  const T* before_activation(const T* dy, std::int64_t n, T* room, FillU fill_u) const {
    if (activation_ == Activation::identity) {
      return dy;
    }
    fill_u(room);
    detail::activation_gradient(activation_, room, dy, room, n);
    return room;
  }

  void by_columns();
  void by_rows();
  std::vector<Pull> pulls_of(const Columns& columns, const std::vector<double>& parts);
  void add_piece(const Piece& p, std::int64_t offset, double* sums) const;
  void piece_gradient(const Piece& p, std::int64_t offset, const std::vector<Pull>& pulls);
  void row_gradient(std::int64_t row, double* sums, T* room) const;

  NormGeometry g_;
  detail::Affine<T> affine_;
  Activation activation_;
  MomentsAre are_;
  const T *x_, *dy_;
  NormWanted wanted_;
  T* dx_ = nullptr;
  std::vector<double> sums_;  // [2, channels]: of d, and of d n
  NormGradients result_;
};

/// Adds d and d (x - mean) of every channel to sums [2, channels].
template <class T>
void Gradients<T>::add_piece(const Piece& p, std::int64_t offset, double* sums) const {
  const std::int64_t channels = g_.channels();
  const Lines<T> lines = affine_.lines(p);
  const std::int64_t width = lines.width;
  std::vector<T> room(static_cast<std::size_t>(width));
  std::vector<double> wide(static_cast<std::size_t>(3 * width));
  double *of_d = wide.data(), *of_product = of_d + width, *mean = of_product + width;
  for (std::int64_t i = 0; i < width; ++i) {
    mean[i] = affine_.mean(affine_.group_of(p.outer, i % channels));
  }
  for_each_wide_row(p, channels, [&](std::int64_t begin, std::int64_t n) {
    const T* x = x_ + offset + begin;
    const T* d = before_activation(dy_ + offset + begin, n, room.data(), [&](T* u) { lines.apply(x, n, u); });
    for (std::int64_t i = 0; i < n; ++i) {
      const auto g = static_cast<double>(d[i]);
      of_d[i] += g;
      of_product[i] += g * (static_cast<double>(x[i]) - mean[i]);
    }
  });
  for (std::int64_t i = 0; i < width; ++i) {
    sums[i % channels] += of_d[i];
    sums[channels + i % channels] += of_product[i];
  }
}

/// dx of a piece.
template <class T>
void Gradients<T>::piece_gradient(const Piece& p, std::int64_t offset, const std::vector<Pull>& pulls) {
  const std::int64_t channels = g_.channels();
  const Lines<T> output = affine_.lines(p), of_x(p, channels, [&](std::int64_t c) {
    const std::int64_t group = affine_.group_of(p.outer, c);
    return line_of_x(group, kept(pulls[group]));
  });
  std::vector<T> room(static_cast<std::size_t>(of_x.width)), factor(room.size());
  for (std::int64_t i = 0; i < of_x.width; ++i) {
    const std::int64_t c = i % channels;
    factor[i] = static_cast<T>(affine_.r(affine_.group_of(p.outer, c)) * static_cast<double>(affine_.scale(c)));
  }
  for_each_wide_row(p, channels, [&](std::int64_t begin, std::int64_t n) {
    const T* x = x_ + offset + begin;
    T* dx = dx_ + offset + begin;
    const T* d = before_activation(dy_ + offset + begin, n, room.data(), [&](T* u) { output.apply(x, n, u); });
    of_x.apply(x, n, dx);
    for (std::int64_t i = 0; i < n; ++i) {
      dx[i] += factor[i] * d[i];
    }
  });
}

/// From each piece's sums [2, channels] of d and d (x - mean): the sums of every channel, and what every group pulls.
template <class T>
std::vector<Pull> Gradients<T>::pulls_of(const Columns& columns, const std::vector<double>& parts) {
  const std::int64_t channels = g_.channels();
  std::vector<Pull> pulls(static_cast<std::size_t>(g_.outer * g_.groups));
  sums_.assign(static_cast<std::size_t>(2 * channels), 0);
  for (std::int64_t i = 0; i < columns.pieces(); ++i) {
    const std::int64_t outer = i / columns.pieces_of_outer;
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t group = affine_.group_of(outer, c);
      const double of_d = parts[i * 2 * channels + c], of_n = parts[(i * 2 + 1) * channels + c] * affine_.r(group);
      sums_[c] += of_d;
      sums_[channels + c] += of_n;
      const auto scale = static_cast<double>(affine_.scale(c));
      pulls[group].of_sum += of_d * scale;
      pulls[group].of_product += of_n * scale;
    }
  }
  return pulls;
}

template <class T>
void Gradients<T>::by_columns() {
  const Columns columns(g_);
  std::vector<double> parts(static_cast<std::size_t>(columns.pieces() * 2 * g_.channels()));
  if (wants_sums()) {
    columns.for_each(
        [&](std::int64_t i, const Piece& p) { add_piece(p, columns.offset(p), parts.data() + i * 2 * g_.channels()); });
  }
  const std::vector<Pull> pulls = pulls_of(columns, parts);
  if (wanted_.dx) {
    columns.for_each([&](std::int64_t, const Piece& p) { piece_gradient(p, columns.offset(p), pulls); });
  }
}

/// dx of a row, whose d and d n are added to sums [2, channels].
template <class T>
void Gradients<T>::row_gradient(std::int64_t row, double* sums, T* room) const {
  const std::int64_t n = g_.depth, first = row % g_.groups * n;
  const T* x = x_ + row * n;
  const T* d = before_activation(dy_ + row * n, n, room, [&](T* u) { affine_.row(row, x, u); });
  const double mean = affine_.mean(row), r = affine_.r(row);
  const auto gradient = [&](std::int64_t i) {
    return static_cast<double>(d[i]) * static_cast<double>(affine_.scale(first + i));
  };
  if (dx_ != nullptr) {
    Pull pull;
    if (are_ != MomentsAre::constants) {
      const auto with_n = [&](std::int64_t i) { return gradient(i) * (static_cast<double>(x[i]) - mean); };
      pull = {detail::reduce_line<detail::Sum, double>(0, n, gradient),
              r * detail::reduce_line<detail::Sum, double>(0, n, with_n)};
    }
    const Line<T> of_x = line_of_x(row, kept(pull));
    const T factor = static_cast<T>(r);
    T* dx = dx_ + row * n;
    for (std::int64_t i = 0; i < n; ++i) {
      dx[i] = factor * affine_.scale(first + i) * d[i] + ((x[i] - of_x.high) * of_x.factor + of_x.rest);
    }
  }
  if (wanted_.dscale || wanted_.dshift) {
    double *of_d = sums + first, *of_n = sums + g_.channels() + first;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto g = static_cast<double>(d[i]);
      of_d[i] += g;
      of_n[i] += g * ((static_cast<double>(x[i]) - mean) * r);
    }
  }
}

template <class T>
void Gradients<T>::by_rows() {
  const std::int64_t size = 2 * g_.channels();
  const std::int64_t rows = std::max<std::int64_t>(1, detail::kPieceElements / g_.channels());
  sums_ = parallel_reduce(
      0, g_.outer, rows, std::vector<double>(static_cast<std::size_t>(size)),
      [&](std::int64_t first, std::int64_t last) {
        std::vector<double> sums(static_cast<std::size_t>(size));
        std::vector<T> room(static_cast<std::size_t>(g_.depth));
        for (std::int64_t row = first * g_.groups; row < last * g_.groups; ++row) {
          row_gradient(row, sums.data(), room.data());
        }
        return sums;
      },
      [](std::vector<double> a, const std::vector<double>& b) {
        std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
        return a;
      });
}

}  // namespace

NormGradients normalize_gradients(const Tensor& x, const Moments& moments, const Epilogue& output, const Tensor& dy,
                                  const NormGeometry& g, double epsilon, MomentsAre are, const NormWanted& wanted) {
  detail::check_norm(x, output, g);
  check(dy.shape() == x.shape() && dy.dtype() == x.dtype(), "normalize: dy is ", dy.shape(), " ", dy.dtype(), ", x ",
        x.shape(), " ", x.dtype());
  if (x.numel() == 0) {
    const auto zeros = [&](bool there, const Shape& shape) {
      return there ? Tensor::zeros(shape, x.dtype()) : Tensor();
    };
    const Shape channels = {g.channels()};
    return {zeros(wanted.dx, x.shape()), zeros(wanted.dscale, channels), zeros(wanted.dshift, channels)};
  }
  return dispatch_floating(x.dtype(), "normalize", [&](auto zero) {
    return Gradients<decltype(zero)>(x, moments, output, dy, g, epsilon, are, wanted).all();
  });
}

}  // namespace gibbs::kernels
