// The loops of copy_box: axes are merged where possible, then runs are copied by memcpy, or, where source and target
// run along different axes, tile by tile.
#include "gibbs/tensor/kernels/detail/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "gibbs/tensor/parallel.h"

namespace gibbs::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // elements of a piece of work
constexpr std::int64_t kTile = 32;        // a transposition goes through the cache in tiles of kTile^2 elements

/// The box of a copy with as few axes as possible: sizes and both strides.
struct Loops {
  int rank = 0;
  std::array<std::int64_t, Shape::kMaxRank> sizes{};
  Strides from{}, to{};

  void append(std::int64_t size, std::int64_t from_stride, std::int64_t to_stride) {
    sizes[rank] = size;
    from[rank] = from_stride;
    to[rank] = to_stride;
    ++rank;
  }
  void remove(int axis) {
    for (int next = axis + 1; next < rank; ++next) {
      sizes[next - 1] = sizes[next];
      from[next - 1] = from[next];
      to[next - 1] = to[next];
    }
    --rank;
  }
};

/// Drops axes of size 1 and merges neighbours that one longer axis describes.
Loops collapse(const Shape& shape, const Strides& from, const Strides& to) {
  Loops loops;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t size = shape[axis];
    if (size == 1) {
      continue;
    }
    const int last = loops.rank - 1;
    if (last >= 0 && loops.from[last] == size * from[axis] && loops.to[last] == size * to[axis]) {
      loops.sizes[last] *= size;
      loops.from[last] = from[axis];
      loops.to[last] = to[axis];
    } else {
      loops.append(size, from[axis], to[axis]);
    }
  }
  if (loops.rank == 0) {
    loops.append(1, 1, 1);
  }
  return loops;
}

/// A position in the first `rank` axes of some loops, moving in row-major order, with both its offsets.
struct Cursor {
  const Loops& loops;
  int rank;
  std::array<std::int64_t, Shape::kMaxRank> index{};
  std::int64_t from = 0, to = 0;

  Cursor(const Loops& over, int axes, std::int64_t position) : loops(over), rank(axes) {
    for (int axis = rank - 1; axis >= 0; --axis) {
      index[axis] = position % loops.sizes[axis];
      position /= loops.sizes[axis];
      from += index[axis] * loops.from[axis];
      to += index[axis] * loops.to[axis];
    }
  }
  void advance() {
    for (int axis = rank - 1; axis >= 0; --axis) {
      from += loops.from[axis];
      to += loops.to[axis];
      if (++index[axis] < loops.sizes[axis]) {
        return;
      }
      from -= loops.sizes[axis] * loops.from[axis];
      to -= loops.sizes[axis] * loops.to[axis];
      index[axis] = 0;
    }
  }
};

template <class T>
void copy_run(const T* from, std::int64_t from_stride, T* to, std::int64_t to_stride, std::int64_t n) {
  if (from_stride == 1 && to_stride == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
  } else if (from_stride == 0 && to_stride == 1) {
    std::fill_n(to, n, *from);
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      to[i * to_stride] = from[i * from_stride];
    }
  }
}

/// Runs along the last axis. Pieces are cut in elements, so that one long run is shared out too.
template <class T>
void copy_runs(const Loops& loops, const T* from, T* to) {
  const int last = loops.rank - 1;
  const std::int64_t run = loops.sizes[last], from_step = loops.from[last], to_step = loops.to[last];
  std::int64_t numel = 1;
  for (int axis = 0; axis <= last; ++axis) {
    numel *= loops.sizes[axis];
  }
  parallel_for(0, numel, kGrain, [&](std::int64_t first, std::int64_t end) {
    Cursor cursor(loops, last, first / run);
    for (std::int64_t begin = first % run; first < end; begin = 0, cursor.advance()) {
      const std::int64_t n = std::min(run - begin, end - first);
      copy_run(from + cursor.from + begin * from_step, from_step, to + cursor.to + begin * to_step, to_step, n);
      first += n;
    }
  });
}

/// One side of a transposition: an axis, cut in tiles.
struct TiledAxis {
  std::int64_t size, stride, tile;
  std::int64_t tiles() const { return (size + tile - 1) / tile; }
};

/// Source runs along `across`, target runs along the last axis: the two axes are copied tile by tile, so that both the
/// lines read and the lines written stay in the cache until they are used up.
template <class T>
void copy_transposed(Loops loops, int across, const T* from, T* to) {
  TiledAxis rows{loops.sizes[across], loops.to[across], std::min(loops.sizes[across], kTile)};
  const int last = loops.rank - 1;
  TiledAxis columns{loops.sizes[last], loops.from[last], std::min(loops.sizes[last], kTile * kTile / rows.tile)};
  rows.tile = std::min(rows.size, kTile * kTile / columns.tile);  // a narrow matrix gets long tiles
  loops.remove(last);
  loops.remove(across);
  const std::int64_t tiles = rows.tiles() * columns.tiles();
  std::int64_t matrices = 1;
  for (int axis = 0; axis < loops.rank; ++axis) {
    matrices *= loops.sizes[axis];
  }
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (rows.tile * columns.tile));
  parallel_for(0, matrices * tiles, grain, [&](std::int64_t first, std::int64_t end) {
    Cursor cursor(loops, loops.rank, first / tiles);
    for (std::int64_t tile = first % tiles; first < end; ++first) {
      const std::int64_t row = tile / columns.tiles() * rows.tile, column = tile % columns.tiles() * columns.tile;
      const std::int64_t row_end = std::min(rows.size, row + rows.tile);
      const std::int64_t column_end = std::min(columns.size, column + columns.tile);
      for (std::int64_t i = row; i < row_end; ++i) {
        T* target = to + cursor.to + i * rows.stride;
        const T* source = from + cursor.from + i;
        for (std::int64_t j = column; j < column_end; ++j) {
          target[j] = source[j * columns.stride];
        }
      }
      if (++tile == tiles) {
        tile = 0;
        cursor.advance();
      }
    }
  });
}

template <class T>
void copy_loops(const Loops& loops, const T* from, T* to) {
  const int last = loops.rank - 1;
  if (loops.to[last] == 1 && loops.from[last] > 1) {
    for (int axis = 0; axis < last; ++axis) {
      if (loops.from[axis] == 1) {
        return copy_transposed(loops, axis, from, to);
      }
    }
  }
  copy_runs(loops, from, to);
}

}  // namespace

Strides row_major_strides(const Shape& shape) {
  Strides strides{};
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

void copy_box(const Shape& sizes, const Tensor& from, const Box& from_box, Tensor& to, const Box& to_box) {
  if (sizes.numel() == 0) {
    return;
  }
  const Loops loops = collapse(sizes, from_box.strides, to_box.strides);
  dispatch(from.dtype(), [&](auto zero) {
    using T = decltype(zero);
    copy_loops(loops, from.data<T>() + from_box.offset, to.mutable_data<T>() + to_box.offset);
  });
}

}  // namespace gibbs::kernels
