#include "gibbs/tensor/kernels/activation.h"

#include <algorithm>
#include <array>
#include <functional>

#include "gibbs/tensor/kernels/detail/activate.h"
#include "gibbs/tensor/kernels/detail/pointwise_loop.h"
#include "gibbs/tensor/kernels/simd/normal_distribution.h"
#include "gibbs/tensor/kernels/simd/simd_math.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kBlock = 512;  // numbers at a time, with temporaries on the stack
template <class T>
using Block = std::array<T, kBlock>;

/// Where x is so far below 0 that f(x) and f'(x) are 0: it is kept finite, since 0 inf is NaN.
constexpr double kFar = 1000;
template <class T>
T bounded(T x) {
  constexpr T far = static_cast<T>(kFar);
  return x < -far ? -far : x;
}

/// The sigmoids of x and of -x, by one exponential that cannot overflow.
template <class T>
void sigmoids(const T* x, T* of_x, T* of_minus_x, std::int64_t n) {
  Block<T> e = {};
  std::transform(x, x + n, e.data(), [](T v) { return v < 0 ? v : -v; });
  simd::exp(e.data(), e.data(), n);
  for (std::int64_t i = 0; i < n; ++i) {
    const T large = T{1} / (T{1} + e[i]), small = e[i] / (T{1} + e[i]);
    of_x[i] = x[i] < 0 ? small : large;
    of_minus_x[i] = x[i] < 0 ? large : small;
  }
}

/// Both halves of an activation, for n <= kBlock numbers.
struct Relu {
  template <class T>
  static void value(T* x, std::int64_t n) {
    std::transform(x, x + n, x, [](T v) { return v < 0 ? T{0} : v; });
  }
  template <class T>
  static void gradient(const T* x, const T* dy, T* dx, std::int64_t n) {
    std::transform(x, x + n, dy, dx, [](T v, T d) { return v > 0 ? d : T{0}; });
  }
};

/// y = x cdf(x),   dx = dy (cdf(x) + x density(x)).
struct Gelu {
  template <class T>
  static void value(T* x, std::int64_t n) {
    Block<T> cdf, density;
    simd::normal_distribution(x, cdf.data(), density.data(), n);
    std::transform(x, x + n, cdf.data(), x, [](T v, T p) { return bounded(v) * p; });
  }
  template <class T>
  static void gradient(const T* x, const T* dy, T* dx, std::int64_t n) {
    Block<T> cdf, density;
    simd::normal_distribution(x, cdf.data(), density.data(), n);
    for (std::int64_t i = 0; i < n; ++i) {
      const T near = std::min(bounded(x[i]), static_cast<T>(kFar));
      dx[i] = dy[i] * (cdf[i] + near * density[i]);
    }
  }
};

/// y = x s(x),   dx = dy s(x) (1 + x s(-x)), with the sigmoid s.
struct Silu {
  template <class T>
  static void value(T* x, std::int64_t n) {
    Block<T> s, other;
    sigmoids(x, s.data(), other.data(), n);
    std::transform(x, x + n, s.data(), x, [](T v, T p) { return bounded(v) * p; });
  }
  template <class T>
  static void gradient(const T* x, const T* dy, T* dx, std::int64_t n) {
    Block<T> s, other;
    sigmoids(x, s.data(), other.data(), n);
    for (std::int64_t i = 0; i < n; ++i) {
      const T near = std::min(bounded(x[i]), static_cast<T>(kFar));
      dx[i] = dy[i] * (s[i] * (T{1} + near * other[i]));
    }
  }
};

/// with(f), where f is the activation's struct.
template <class With>
void choose(Activation activation, With with) {
  switch (activation) {
    case Activation::identity:
      break;
    case Activation::relu:
      return with(Relu());
    case Activation::gelu:
      return with(Gelu());
    case Activation::silu:
      return with(Silu());
  }
}

template <class T>
void activate_row(Activation activation, T* x, std::int64_t n) {
  choose(activation, [=]<class F>(F) {
    for (std::int64_t i = 0; i < n; i += kBlock) {
      F::value(x + i, std::min(kBlock, n - i));
    }
  });
}

template <class T>
void row_gradient(Activation activation, const T* x, const T* dy, T* dx, std::int64_t n) {
  if (activation == Activation::identity) {
    std::copy(dy, dy + n, dx);
  }
  choose(activation, [=]<class F>(F) {
    for (std::int64_t i = 0; i < n; i += kBlock) {
      F::gradient(x + i, dy + i, dx + i, std::min(kBlock, n - i));
    }
  });
}

}  // namespace

void detail::activate(Activation activation, float* x, std::int64_t n) { activate_row(activation, x, n); }
void detail::activate(Activation activation, double* x, std::int64_t n) { activate_row(activation, x, n); }
void detail::activation_gradient(Activation activation, const float* x, const float* dy, float* dx, std::int64_t n) {
  row_gradient(activation, x, dy, dx, n);
}
void detail::activation_gradient(Activation activation, const double* x, const double* dy, double* dx, std::int64_t n) {
  row_gradient(activation, x, dy, dx, n);
}

const char* name_of(Activation activation) {
  constexpr std::array kNames = {"identity", "relu", "gelu", "silu"};
  return kNames.at(static_cast<std::size_t>(activation));
}

void check_epilogue(const char* op, const Epilogue& epilogue, std::int64_t channels, DType dtype) {
  for (const Tensor* part : {&epilogue.scale, &epilogue.shift}) {
    check(!part->defined() || (part->shape() == Shape{channels} && part->dtype() == dtype), op, ": ",
          part == &epilogue.scale ? "scale" : "shift", " is ", part->shape(), " ", part->dtype(), ", needs [", channels,
          "] ", dtype);
  }
}

/// f of what make(i, n, to) writes: n numbers from i on of a result like x.
template <class Make>
static Tensor activated(const char* op, Activation activation, const Tensor& x, Make make) {
  return dispatch_floating(x.dtype(), op, [&](auto zero) {
    using T = decltype(zero);
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
    T* to = y.mutable_data<T>();
    parallel_for(0, x.numel(), detail::kPointwiseGrain, [=, &make](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; i += kBlock) {
        const std::int64_t n = std::min(kBlock, last - i);
        make(i, n, to + i);
        activate_row(activation, to + i, n);
      }
    });
    return y;
  });
}

static void check_equal(const char* op, const char* a_name, const Tensor& a, const char* b_name, const Tensor& b) {
  check(a.shape() == b.shape() && a.dtype() == b.dtype(), op, ": ", a_name, " is ", a.shape(), " ", a.dtype(), ", ",
        b_name, " ", b.shape(), " ", b.dtype());
}

Tensor activate(Activation activation, const Tensor& x) {
  return activated(name_of(activation), activation, x,
                   [&]<class T>(std::int64_t i, std::int64_t n, T* y) { std::copy_n(x.data<T>() + i, n, y); });
}

Tensor activated_sum(Activation activation, const Tensor& a, const Tensor& b) {
  check_equal("activated_sum", "a", a, "b", b);
  return activated("activated_sum", activation, a, [&]<class T>(std::int64_t i, std::int64_t n, T* y) {
    const T *from_a = a.data<T>() + i, *from_b = b.data<T>() + i;
    std::transform(from_a, from_a + n, from_b, y, std::plus<>());
  });
}

Tensor activation_gradient(Activation activation, const Tensor& x, const Tensor& dy) {
  check_equal(name_of(activation), "dy", dy, "x", x);
  return dispatch_floating(x.dtype(), name_of(activation), [&](auto zero) {
    using T = decltype(zero);
    Tensor dx = Tensor::uninitialized(x.shape(), x.dtype());
    const T *from = x.data<T>(), *gradient = dy.data<T>();
    T* to = dx.mutable_data<T>();
    parallel_for(0, x.numel(), detail::kPointwiseGrain, [=](std::int64_t first, std::int64_t last) {
      row_gradient(activation, from + first, gradient + first, to + first, last - first);
    });
    return dx;
  });
}

}  // namespace gibbs::kernels
