// The gradients of normalisation. By columns two passes: sums of every channel, then dx, which is one line in x and one
// in dy for every channel. By rows one pass: a row is summed, and its dx made, while it is in the cache.
#include <algorithm>
#include <functional>
#include <vector>

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
  Gradients(const Tensor& x, const Moments& moments, const Tensor& scale, const Tensor& dy, const NormGeometry& g,
            double epsilon, MomentsAre are, const NormWanted& wanted)
      : g_(g),
        are_(are),
        x_(x.data<T>()),
        dy_(dy.data<T>()),
        scale_(static_cast<std::size_t>(g.channels()), T{1}),
        mean_(moments.mean.data<double>()),
        r_(static_cast<std::size_t>(g.outer * g.groups)),
        wanted_(wanted) {
    for (std::size_t i = 0; i < r_.size(); ++i) {
      r_[i] = detail::reciprocal_deviation(moments.var.data<double>()[i], epsilon);
    }
    if (scale.defined()) {
      std::copy_n(scale.data<T>(), scale_.size(), scale_.begin());
    }
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
  std::int64_t group_of(std::int64_t outer, std::int64_t channel) const {
    return outer * g_.groups + channel / g_.depth;
  }
  double scale(std::int64_t channel) const { return static_cast<double>(scale_[channel]); }

  /// dx of a channel is factor dy + (x - high) slope + rest.
  Line<T> line_of_x(std::int64_t group, const Pull& pull) const {
    const double r = r_[group], m = static_cast<double>(g_.count());
    return detail::line<T>(mean_[group], -r * r * pull.of_product / m, -r * pull.of_sum / m);
  }
  Pull kept(Pull pull) const {
    return are_ == MomentsAre::constants         ? Pull{}
           : are_ == MomentsAre::own_mean_square ? Pull{0, pull.of_product}
                                                 : pull;
  }

  void by_columns();
  void by_rows();
  void add_piece(const Piece& p, std::int64_t offset, double* sums) const;
  void row_gradient(std::int64_t outer, std::int64_t group, double* sums) const;

  NormGeometry g_;
  MomentsAre are_;
  const T *x_, *dy_;
  std::vector<T> scale_;
  const double* mean_;
  std::vector<double> r_;  // of every [outer, group]
  NormWanted wanted_;
  T* dx_ = nullptr;
  std::vector<double> sums_;  // [2, channels]: of dy, and of dy n
  NormGradients result_;
};

/// Adds dy and dy (x - mean) of every channel to sums [2, channels].
template <class T>
void Gradients<T>::add_piece(const Piece& p, std::int64_t offset, double* sums) const {
  const std::int64_t channels = g_.channels(), width = p.fold * channels;
  std::vector<double> wide(static_cast<std::size_t>(3 * width));
  double *of_dy = wide.data(), *of_product = of_dy + width, *mean = of_product + width;
  for (std::int64_t i = 0; i < width; ++i) {
    mean[i] = mean_[group_of(p.outer, i % channels)];
  }
  for_each_wide_row(p, channels, [&](std::int64_t begin, std::int64_t n) {
    const T *x = x_ + offset + begin, *dy = dy_ + offset + begin;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto d = static_cast<double>(dy[i]);
      of_dy[i] += d;
      of_product[i] += d * (static_cast<double>(x[i]) - mean[i]);
    }
  });
  for (std::int64_t i = 0; i < width; ++i) {
    sums[i % channels] += of_dy[i];
    sums[channels + i % channels] += of_product[i];
  }
}

template <class T>
void Gradients<T>::by_columns() {
  const Columns columns(g_);
  const std::int64_t channels = g_.channels();
  std::vector<double> parts(static_cast<std::size_t>(columns.pieces() * 2 * channels));
  std::vector<Pull> pulls(r_.size());
  sums_.assign(static_cast<std::size_t>(2 * channels), 0);
  if (wants_sums()) {
    columns.for_each(
        [&](std::int64_t i, const Piece& p) { add_piece(p, columns.offset(p), parts.data() + i * 2 * channels); });
  }
  for (std::int64_t i = 0; i < columns.pieces(); ++i) {
    const std::int64_t outer = i / columns.pieces_of_outer;
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t group = group_of(outer, c);
      const double of_dy = parts[i * 2 * channels + c], of_n = parts[(i * 2 + 1) * channels + c] * r_[group];
      sums_[c] += of_dy;
      sums_[channels + c] += of_n;
      pulls[group].of_sum += of_dy * scale(c);
      pulls[group].of_product += of_n * scale(c);
    }
  }
  if (!wanted_.dx) {
    return;
  }
  columns.for_each([&](std::int64_t, const Piece& p) {
    const Lines<T> lines(p, channels, [&](std::int64_t c) {
      const std::int64_t group = group_of(p.outer, c);
      return line_of_x(group, kept(pulls[group]));
    });
    std::vector<T> factors(static_cast<std::size_t>(lines.width));
    for (std::int64_t i = 0; i < lines.width; ++i) {
      factors[i] = static_cast<T>(r_[group_of(p.outer, i % channels)] * scale(i % channels));
    }
    const T *high = lines.high(), *slope = lines.factor(), *rest = lines.rest(), *factor = factors.data();
    for_each_wide_row(p, channels, [&, offset = columns.offset(p)](std::int64_t begin, std::int64_t n) {
      const T *x = x_ + offset + begin, *dy = dy_ + offset + begin;
      T* dx = dx_ + offset + begin;
      for (std::int64_t i = 0; i < n; ++i) {
        dx[i] = factor[i] * dy[i] + ((x[i] - high[i]) * slope[i] + rest[i]);
      }
    });
  });
}

/// dx of a row, whose dy and dy n are added to sums [2, channels].
template <class T>
void Gradients<T>::row_gradient(std::int64_t outer, std::int64_t group, double* sums) const {
  const std::int64_t row = outer * g_.groups + group, n = g_.depth, first = group * n;
  const T *x = x_ + row * n, *dy = dy_ + row * n;
  const T* scale = scale_.data() + first;
  const double mean = mean_[row], r = r_[row];
  const auto gradient = [&](std::int64_t i) { return static_cast<double>(dy[i]) * static_cast<double>(scale[i]); };
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
      dx[i] = factor * scale[i] * dy[i] + ((x[i] - of_x.high) * of_x.factor + of_x.rest);
    }
  }
  if (wanted_.dscale || wanted_.dshift) {
    double *of_dy = sums + first, *of_n = sums + g_.channels() + first;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto d = static_cast<double>(dy[i]);
      of_dy[i] += d;
      of_n[i] += d * ((static_cast<double>(x[i]) - mean) * r);
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
        for (std::int64_t i = first * g_.groups; i < last * g_.groups; ++i) {
          row_gradient(i / g_.groups, i % g_.groups, sums.data());
        }
        return sums;
      },
      [](std::vector<double> a, const std::vector<double>& b) {
        std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
        return a;
      });
}

}  // namespace

NormGradients normalize_gradients(const Tensor& x, const Moments& moments, const Tensor& scale, const Tensor& dy,
                                  const NormGeometry& g, double epsilon, MomentsAre are, const NormWanted& wanted) {
  detail::check_norm(x, scale, {}, g);
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
    return Gradients<decltype(zero)>(x, moments, scale, dy, g, epsilon, are, wanted).all();
  });
}

}  // namespace gibbs::kernels
