"""losses/compat/torch.h beside the functions whose names it takes, every option of them. x is [input, target], or
[input] when the option "labels" holds class indices."""
import math

import numpy as np
import torch
import torch.nn.functional as F

import elementwise as elementwise_ops
from case import Entry
from formulas import huber, log_where

EPSILON = float(np.float32(1e-12))  # by which PyTorch divides at least
PREFIX = "losses::compat::torch::"
REDUCTIONS = ["mean", "sum", "none"]


def draw_cross_entropy(r):
    n, c = r.integer(1, 5), r.size()
    o = {"reduction": r.choice(REDUCTIONS)}
    if r.flag(.4):
        o["weight"] = r.rounded(r.random.uniform(.1, 2, c))
    if r.flag(.3):
        o["label_smoothing"] = r.choice([.1, .5, 1.])
    if r.flag():
        return [r.logits((n, c)), r.rows((n, c))], o
    o["labels"] = r.indices(c, (n,))
    if r.flag(.4):
        o["ignore_index"] = r.choice([-1, -100, r.integer(0, c - 1)])
        o["labels"] = r.random.choice([o["ignore_index"], *o["labels"]], n).astype("int64")
    return [r.logits((n, c))], o


def cross_entropy(x, o):
    options = {key: o[key] for key in ("weight", "ignore_index", "label_smoothing") if key in o}
    return F.cross_entropy(x[0], o.get("labels") if "labels" in o else x[1], reduction=o["reduction"], **options)


def draw_kl_div(r):
    shape = r.shape(low=1, high=3, least=1)
    o = {"reduction": r.choice(REDUCTIONS + ["batchmean"]), "log_target": r.flag()}
    return [r.logits(shape), r.reals(shape, 1) if o["log_target"] else r.units(shape)], o


def draw_weights(r, o, shape, *names):
    for name in names:
        if r.flag(.4):
            o[name] = r.rounded(r.random.uniform(.2, 3, r.operand_of(shape)))


def draw_binary(kind, *names):
    def draw(r):
        shape, o = r.shape(low=1, high=3, least=1), {"reduction": r.choice(REDUCTIONS)}
        draw_weights(r, o, shape, *names)
        return [getattr(r, kind)(shape), r.units(shape)], o
    return draw


def elementwise(f, option=None, ours=None):
    def draw(r):
        shape = r.shape(low=1, high=3, least=1)
        o = {"reduction": r.choice(REDUCTIONS)}
        if option:
            o[option] = r.choice([.5, 1., 2.] + [0.] * (option == "beta"))
        return [r.reals(shape), r.reals(shape)], o

    def reference(x, o):
        return f(x[0], x[1], **o)

    def reduced_(spelling):
        return lambda x, o: reduced(spelling(x[0] - x[1], o), o)
    return Entry(draw, reference, scale=1, ours={name: reduced_(spelling) for name, spelling in (ours or {}).items()})


# ---- ours, where it differs (docs/differences.md) ----
def reduced(elements, o):
    how = o["reduction"]
    return elements if how == "none" else elements.sum() if how == "sum" else (
        elements.sum() / len(elements) if how == "batchmean" else elements.mean())


def nothing_counts(x, o):
    """The mean over no row at all is 0."""
    kept = torch.ones(len(x[0]), dtype=torch.bool) if "labels" not in o else o["labels"] != o.get("ignore_index", -100)
    return cross_entropy(x, o) if kept.any() else 0 * torch.where(kept[:, None], x[0], 0).sum()


def times(p, x):
    """p x, 0 where p is 0 and x infinite."""
    return p * torch.where((p == 0) & ~x.isfinite(), 0, x)


def soft_cross_entropy(x, o):
    if "labels" in o:
        return cross_entropy(x, o)
    s = o.get("label_smoothing", 0)
    p = x[1] * (1 - s) + s / x[1].shape[1]
    return reduced(-times(p * o.get("weight", 1), x[0].log_softmax(1)).sum(1), o)


def kl_div(x, o):
    if o["log_target"]:
        return reduced(times(x[1].exp(), x[1] - x[0]), o)
    return reduced(times(x[1], log_where(x[1] > 0, x[1])) - times(x[1], x[0]), o)


class BinaryTerms(torch.autograd.Function):
    """PyTorch's value and its gradient in the input; ours in the target: the logarithms are bounded there, too."""
    @staticmethod
    def forward(context, x, t):
        context.save_for_backward(x, t)
        return -t * bounded_log(x) - (1 - t) * bounded_log(1 - x)

    @staticmethod
    def backward(context, dy):
        x, t = context.saved_tensors
        return dy * (x - t) / (x * (1 - x)).clamp(min=EPSILON), dy * (bounded_log(1 - x) - bounded_log(x))


def bounded_log(x):
    """Constant where it is bounded."""
    inside = x > math.exp(-100)
    return torch.where(inside, torch.where(inside, x, 1).log(), -100)


def binary_cross_entropy(x, o):
    return reduced(BinaryTerms.apply(*x) * o.get("weight", 1), o)


def binary_cross_entropy_with_logits(x, o):
    z, t = x
    elements = -times(t * o.get("pos_weight", 1), F.logsigmoid(z)) - times(1 - t, F.logsigmoid(-z))
    return reduced(elements * o.get("weight", 1), o)


def absolute(d, o):
    return elementwise_ops.absolute(d)


def smooth_l1(d, o):
    return huber(d, o["beta"]) / o["beta"] if o["beta"] > 0 else absolute(d, o)


TABLE = {
    PREFIX + "cross_entropy": Entry(draw_cross_entropy, cross_entropy, scale=1,
                                    ours={"A batch of ignored rows": nothing_counts, "0 ln 0": soft_cross_entropy}),
    PREFIX + "kl_div": Entry(draw_kl_div, lambda x, o: F.kl_div(x[0], x[1], reduction=o["reduction"],
                                                                log_target=o["log_target"]),
                             scale=1, ours={"0 ln 0": kl_div}),
    PREFIX + "binary_cross_entropy": Entry(draw_binary("units", "weight"), lambda x, o: F.binary_cross_entropy(
        x[0], x[1], weight=o.get("weight"), reduction=o["reduction"]), scale=1,
                                           ours={"Binary cross entropy at 0 and 1": binary_cross_entropy}),
    PREFIX + "binary_cross_entropy_with_logits": Entry(
        draw_binary("logits", "weight", "pos_weight"), lambda x, o: F.binary_cross_entropy_with_logits(
            x[0], x[1], weight=o.get("weight"), pos_weight=o.get("pos_weight"), reduction=o["reduction"]),
        scale=1, ours={"0 ln 0": binary_cross_entropy_with_logits}),
    PREFIX + "l1_loss": elementwise(F.l1_loss, ours={"NaN and gradients": absolute}),
    PREFIX + "mse_loss": elementwise(F.mse_loss),
    PREFIX + "huber_loss": elementwise(F.huber_loss, "delta", {"Huber's kink": lambda d, o: huber(d, o["delta"])}),
    PREFIX + "smooth_l1_loss": elementwise(F.smooth_l1_loss, "beta", {"Huber's kink": smooth_l1}),
}
