"""Documented differences (docs/differences.md) that no spelling in PyTorch's ops shows; others are in Entry.ours."""
import pathlib
import re

import numpy as np

import tables

NOT_FINITE = "Gradients where the value is not finite"
SECOND = "Second derivatives at the extremes"
CONVOLUTIONS = "Infinities in a convolution"
LOGSUMEXP = "logsumexp at the extremes"
NOTHING = "0 ln 0"
POOLING = "NaN in max pooling"
POOLS = {"max_pool2d", "nn::MaxPool2d", "nn::GlobalMaxPool2d"}
CONVOLVES = {"conv2d", "conv2d_dx", "conv2d_dw", "conv_block", "nn::Conv2d", "nn::Sequential"}


def finite(arrays):
    return all(np.isfinite(array).all() for array in arrays if array is not None)


def explain(case, key, y, of_pytorch, wrong):
    """The name of the difference that explains all elements that are wrong, or None. y and of_pytorch are PyTorch's
    values, and its array under this key."""
    if case.name in CONVOLVES and not finite(case.x):
        return CONVOLUTIONS
    if key == "y":
        return None
    if case.name in POOLS and np.isnan(case.x[0]).any():
        return POOLING
    if case.name == "logsumexp" and (case.x[0] == np.inf).any():
        return LOGSUMEXP
    if (case.name.startswith("losses::") or case.name in ("var", "prod")) and not finite(y):
        return NOT_FINITE
    if key == "h" and "generalized" in case.name and ((case.x[0] == 0) & (case.x[1] == 0)).any():
        return NOTHING
    no_number = np.isnan if case.draw.mode == "lattice" else lambda array: ~np.isfinite(array)
    if key == "h" and case.draw.mode != "ordinary" and no_number(of_pytorch[wrong]).all():
        return SECOND
    return None


def undocumented():
    """Names of differences without a section of their own in the page, and sections of what is none."""
    page = pathlib.Path(__file__).parents[2] / "docs/differences.md"
    sections = set(re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE))
    names = {NOT_FINITE, SECOND, CONVOLUTIONS, POOLING}.union(*(entry.ours for entry in tables.ALL.values()))
    return sorted(f"docs/differences.md has no section '{name}'" for name in names - sections)
