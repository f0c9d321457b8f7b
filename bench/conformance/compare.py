"""When two results agree. The library's numbers may differ from PyTorch's in the same dtype, or from PyTorch's in
float64 on the same inputs, by

    unit (|y| + s) + floor (scale + max (|y| + s))

for each element y, where s is how much y changes, per unit, when inputs change in their last digits: what rounding can
do to any computation. It is measured, by changing them. The scale is 0 for most functions (see case.py). Where neither
agrees, it is a disagreement."""
import numpy as np

UNIT = {"float32": 2e-6, "float64": 1e-11}
FLOOR = {"float32": 5e-7, "float64": 1e-14}
STEP = 2.0**-20  # of the relative change of inputs


def changed(array, random):
    return np.asarray(array * (1 + STEP * random.normal(size=array.shape)))


def sensitivity(base, others):
    """s for each element, from results of changed inputs; 0 where numbers are not finite."""
    with np.errstate(all="ignore"):
        s = np.max([np.abs(other - base) for other in others], axis=0) / STEP if others else np.zeros(base.shape)
    return np.where(np.isfinite(s), s, 0)


def excess(ours, reference, s, scale):
    """By how many tolerances each element is off; infinite where one is NaN or infinite and the other is not."""
    if ours.dtype.kind != "f":
        return np.where(ours == reference, 0., np.inf)
    kind, least = ours.dtype.name, 4 * np.finfo(ours.dtype).smallest_subnormal
    with np.errstate(all="ignore"):
        reference = reference.astype(ours.dtype).astype(np.float64)  # what overflows the dtype is infinite in it
        size = np.where(np.isfinite(reference), np.abs(reference), 0) + s
        tolerance = UNIT[kind] * size + FLOOR[kind] * (scale + size.max(initial=0)) + least
        off = np.abs(ours.astype(np.float64) - reference) / tolerance
        same = (ours == reference) | (np.isnan(ours) & np.isnan(reference))
    return np.where(same, 0., np.where(np.isnan(off), np.inf, off))


def rounding(own, exact):
    """What PyTorch's numbers in the case's dtype are off by: ours may be as well."""
    with np.errstate(all="ignore"):
        off = 8 * np.abs(own.astype(np.float64) - exact) / UNIT["float32"]
    return np.where(np.isfinite(off), off, 0)


def least_excess(ours, references, s, scale):
    """excess of the nearest reference, in each element."""
    return np.min([excess(ours, reference, s, scale) for reference in references], axis=0)
