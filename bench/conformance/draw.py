"""Random numbers for cases. A Draw belongs to one case: the same name and seed give the same case for ever.

A case is in one of three modes. `ordinary`: continuous numbers, where both sides must agree up to rounding. `lattice`:
numbers on a coarse grid with zeros and whole rows of certainty, where ties and kinks are. `extreme`: the same with
infinities, NaN, the largest and the least numbers among them. Arrays are made in float64 and rounded to the dtype.
"""
import zlib

import numpy as np

MODES = ("ordinary", "lattice", "extreme")


class Draw:
    def __init__(self, name, seed):
        self.random = np.random.default_rng([zlib.crc32(name.encode()), seed])
        self.mode = str(self.random.choice(MODES, p=(.6, .25, .15)))
        self.dtype = np.dtype(self.random.choice(["float32", "float64"]))

    def without_extremes(self):
        """For formulas that lose digits there themselves, such as differences that are divided by 1e-12."""
        self.mode = "lattice" if self.mode == "extreme" else self.mode
        return self

    def flag(self, probability=.5):
        return bool(self.random.random() < probability)

    def choice(self, values):
        return values[self.random.integers(len(values))]

    def integer(self, low, high):
        """In [low, high]."""
        return int(self.random.integers(low, high + 1))

    def number(self, low, high):
        """In [low, high); one of a few round ones where ties are wanted."""
        return self.random.uniform(low, high) if self.mode == "ordinary" else self.choice([low, (low + high) / 2])

    # ---- shapes ----
    def size(self, least=1):
        """Of an axis: mostly small, at times none or more than a vector holds."""
        if least == 0 and self.flag(.04):
            return 0
        return self.integer(9, 70) if self.flag(.06) else self.integer(1, 4)

    def shape(self, low=0, high=4, least=0):
        return tuple(self.size(least) for _ in range(self.integer(low, high)))

    def operand_of(self, shape):
        """A shape that broadcasts to `shape`."""
        kept = shape[self.integer(0, len(shape)) if self.flag(.4) else 0:]
        return tuple(1 if self.flag(.25) else size for size in kept)

    def broadcasting(self, count=2, least=0):
        """Shapes that broadcast together."""
        whole = self.shape(least=least)
        shapes = [self.operand_of(whole) for _ in range(count)]
        return [whole] + shapes[1:] if self.flag(.3) else shapes

    def axes(self, rank):
        """Some of them, in any order, some counted from the end; none stands for all."""
        axes = self.random.permutation(rank)[:self.integer(0, rank)]
        return [int(axis) - rank * self.flag(.3) for axis in axes]

    # ---- numbers ----
    def rounded(self, values):
        with np.errstate(all="ignore"):
            return np.asarray(values, dtype=np.float64).astype(self.dtype)

    def of(self, grid, extremes, shape):
        """Numbers of a grid; in the extreme mode a fifth of them extremes."""
        values = self.random.choice(np.array(grid, float), shape)
        if self.mode == "extreme":
            others = self.random.choice(np.array(extremes, float), shape)
            values = np.where(self.random.random(shape) < .2, others, values)
        return self.rounded(values)

    def largest(self):
        return float(np.finfo(self.dtype).max) / 4

    def least(self):
        return float(np.finfo(self.dtype).smallest_subnormal) * 3

    def reals(self, shape, scale=None):
        """Extremes are of a size of which sums and products of a few do not overflow, in any order."""
        if self.mode == "ordinary":
            return self.rounded(self.random.normal(0, scale or self.choice([.3, 1, 3]), shape))
        return self.of([-2, -1, -.5, -0., 0, .5, 1, 2], [np.inf, -np.inf, np.nan, 1e9, -1e9, 1e-9, 100, -100], shape)

    def wide(self, shape):
        """Reals; extremes are as large and as small as the dtype has them."""
        if self.mode != "extreme":
            return self.reals(shape)
        big, small = self.largest(), self.least()
        return self.of([-2, -1, 0, .5, 1], [np.inf, -np.inf, np.nan, big, -big, small, -small, 100, -100], shape)

    def positives(self, shape):
        """Above 0; in the other modes 0 too."""
        if self.mode == "ordinary":
            return self.rounded(np.exp(self.random.normal(0, 1, shape)))
        return self.of([0, .5, 1, 2], [np.inf, np.nan, self.largest(), self.least()], shape)

    def finite_positives(self, shape):
        if self.mode == "ordinary":
            return self.positives(shape)
        return self.of([0, .5, 1, 2], [1e-10, 1e10], shape)

    def units(self, shape):
        """Probabilities of yes: in (0, 1), in the other modes 0 and 1 too."""
        if self.mode == "ordinary":
            return self.rounded(self.random.uniform(.02, .98, shape))
        return self.of([0, .25, .5, .75, 1], [0, 1, 1e-30, 1e-7, 1 - 1e-7], shape)

    def rows(self, shape):
        """Distributions along the last axis; in the other modes with zeros, and certain ones."""
        if self.mode == "ordinary":
            rows = np.exp(self.random.normal(0, 1, shape))
        else:
            rows = self.random.choice([0., 0., 1., 2.], shape)
            rows[..., self.integer(0, shape[-1] - 1)] += 1
            if self.mode == "extreme":
                rows = np.where((rows == 0) & (self.random.random(shape) < .3), 1e-12, rows)
        return self.rounded(rows / rows.sum(-1, keepdims=True))

    def logits(self, shape):
        if self.mode == "extreme":
            return self.of([-2, -1, 0, 1, 2], [-np.inf, 60, -60, 1000, -1000], shape)
        return self.reals(shape)

    def indices(self, count, shape):
        return np.asarray(self.random.integers(0, count, shape)).astype(np.int64)
