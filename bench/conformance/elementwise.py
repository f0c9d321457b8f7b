"""Ops element by element in PyTorch's spelling."""
import numpy as np
import torch
import torch.nn.functional as F

from case import Entry


def one(kind="wide"):
    return lambda r: ([getattr(r, kind)(r.shape())], {})


def two(kind="wide"):
    def draw(r):
        return [getattr(r, kind)(shape) for shape in r.broadcasting()], {}
    return draw


def with_number(op, kind="wide", reverses=True):
    """Two arrays, or an array and a number."""
    def draw(r):
        if r.flag(.6):
            return two(kind)(r)
        options = {"number": r.number(-2, 3) or 1.5, "reversed": reverses and r.flag()}
        return [getattr(r, kind)(r.shape())], options

    def reference(x, o):
        if "number" not in o:
            return op(x[0], x[1])
        return op(o["number"], x[0]) if o["reversed"] else op(x[0], o["number"])
    return Entry(draw, reference)


def draw_power(r):
    if r.flag(.5):
        return [r.positives(shape) if i == 0 else r.reals(shape) for i, shape in enumerate(r.broadcasting())], {}
    whole = r.choice([-3., -2., -1., 0., 1., 2., 3., 4.])
    if r.flag():
        return [r.reals(r.shape())], {"number": whole}
    return [r.positives(r.shape())], {"number": r.choice([.5, -.5, 1.5, 2.5])}


def draw_clamp(r):
    low = r.number(-1, 1)
    return [r.reals(r.shape())], {"low": low, "high": low + r.choice([0., .5, 1., 3.])}


def draw_where(r):
    a, b, c = r.broadcasting(3)
    return [r.reals(a), r.reals(b)], {"condition": np.asarray(r.random.integers(0, 3, c)).astype(np.uint8)}


def log1p_arguments(r):
    return [r.rounded(np.maximum(r.reals(r.shape(), .5), -.95 if r.mode == "ordinary" else -1))], {}


def activation(op, numbers=None, ours=None):
    """op(x), or op(x, number); without the extremes, where PyTorch's formulas give NaN and ours their limits."""
    def draw(r):
        r.without_extremes()
        return [r.reals(r.shape())], {"number": r.choice(numbers)} if numbers else {}

    def spelled(f):
        return lambda x, o: f(x[0], *o.values())
    return Entry(draw, spelled(op), ours={name: spelled(f) for name, f in (ours or {}).items()}, scale=1)


def draw_prelu(r):
    r.without_extremes()
    shape = r.shape(low=1, least=1)
    return [r.reals(shape), r.reals(r.operand_of(shape))], {}


def draw_glu(r):
    r.without_extremes()
    shape = list(r.shape(low=1, least=1))
    axis = r.integer(0, len(shape) - 1)
    shape[axis] *= 2
    return [r.reals(tuple(shape))], {"axis": axis}


def comparison(op):
    return Entry(two(), lambda x, o: op(x[0], x[1]).to(torch.uint8), gradients=False)


def apply(op, draw=one(), ours=None, scale=0):
    def spelled(f):
        return lambda x, o: f(*x)
    return Entry(draw, spelled(op), ours={name: spelled(f) for name, f in (ours or {}).items()}, scale=scale)


# ---- ours, where it differs (docs/differences.md) ----
def passing(condition, x, y):
    """y, whose gradient in x is 1 where the condition holds, else 0."""
    return torch.where(condition, x, y.detach())


def absolute(x):
    """The gradient at NaN is NaN."""
    return torch.where(x.isnan(), torch.nan * x, x.abs())


class Power(torch.autograd.Function):
    """a^b. da = b a^(b - 1), 0 for 0^0; db = y ln a, 0 where a < 0, where y = 0, and for 0^0."""
    @staticmethod
    def forward(context, a, b):
        context.save_for_backward(a, b)
        return torch.pow(a, b)

    @staticmethod
    def backward(context, dy):
        a, b = context.saved_tensors
        y, nothing = Power.apply(a, b), (a == 0) & (b == 0)
        flat = (a < 0) | nothing | (y == 0)
        da, db = dy * b * Power.apply(a, torch.where(nothing, 1, b) - 1), dy * y * torch.where(flat, 1, a).log()
        return da.sum_to_size(a.shape), db.sum_to_size(b.shape)


def larger(a, b):
    """The gradient goes to a NaN, half to each of two."""
    only_a, only_b = a.isnan() & ~b.isnan(), b.isnan() & ~a.isnan()
    return torch.where((a > b) | only_a, a, torch.where((a < b) | only_b, b, (a + b) / 2))


def logaddexp(a, b):
    """No gradient where both are -inf."""
    nothing = (a == -torch.inf) & (b == -torch.inf)
    return torch.where(nothing, -torch.inf, torch.logaddexp(torch.where(nothing, 0, a), torch.where(nothing, 0, b)))


def gelu(x):
    """x P(x) with the tail of P as it is, instead of what it leaves of 1. At the infinities its limits, 0 and x."""
    number = torch.where(x.isinf(), 0, x)
    return torch.where(x.isinf(), torch.relu(x), number * torch.special.erfc(-number / 2**.5) / 2)


TABLE = {
    "add": with_number(lambda a, b: a + b),
    "sub": with_number(lambda a, b: a - b),
    "mul": with_number(lambda a, b: a * b),
    "div": with_number(lambda a, b: a / b),
    "pow": Entry(draw_power, lambda x, o: torch.pow(x[0], o.get("number", x[-1])),
                 ours={"Powers at 0 and below": lambda x, o: Power.apply(x[0], x[1]) if len(x) > 1 else
                       torch.pow(x[0], o["number"])}),
    "neg": apply(torch.neg),
    "maximum": apply(torch.maximum, two(), ours={"NaN and gradients": larger}),
    "minimum": apply(torch.minimum, two(), ours={"NaN and gradients": lambda a, b: -larger(-a, -b)}),
    "abs": apply(torch.abs, ours={"NaN and gradients": absolute}),
    "clamp": Entry(draw_clamp, lambda x, o: torch.clamp(x[0], o["low"], o["high"]),
                   ours={"clamp at its bounds": lambda x, o: passing(
                       (x[0] >= o["low"]) & (x[0] <= o["high"]), x[0], torch.clamp(x[0], o["low"], o["high"]))}),
    "where": Entry(draw_where, lambda x, o: torch.where(o["condition"] != 0, x[0], x[1])),
    "logaddexp": apply(torch.logaddexp, two(), scale=1, ours={"logsumexp at the extremes": logaddexp}),
    "cast": Entry(lambda r: ([r.reals(r.shape())], {"double": r.flag()}),
                  lambda x, o: x[0].to(torch.float64 if o["double"] else torch.float32)),
    "exp": apply(torch.exp),
    "expm1": apply(torch.expm1, scale=1),  # PyTorch differentiates it to y + 1
    "log": apply(torch.log, one("positives")),
    "log1p": apply(torch.log1p, log1p_arguments),
    "sqrt": apply(torch.sqrt, one("positives")),
    "square": apply(torch.square),
    "sin": apply(torch.sin),
    "cos": apply(torch.cos),
    "tanh": apply(torch.tanh, scale=1),
    "sigmoid": apply(torch.sigmoid, scale=1),
    "erf": apply(torch.erf),
    "erfc": apply(torch.erfc),
    "relu": apply(torch.relu, ours={"NaN and gradients": lambda x: passing(x > 0, x, torch.relu(x))}),
    "gelu": apply(torch.nn.functional.gelu, ours={"gelu far from 0": gelu}),
    "leaky_relu": activation(F.leaky_relu, [0., .01, .3, -1.]),
    "elu": activation(F.elu, [.5, 1., 2.]),
    "celu": activation(F.celu, [.5, 1., 2.]),
    "softplus": activation(lambda x, beta: F.softplus(x, beta, threshold=1e9), [.5, 1., 4.]),
    "selu": activation(F.selu),
    "softsign": activation(F.softsign),
    "silu": activation(F.silu),
    "mish": activation(F.mish),
    "hard_sigmoid": activation(F.hardsigmoid, ours={"hard_sigmoid's sixth": lambda x: passing(
        (x > -3) & (x < 3), x / 6 + .5, torch.clamp(x / 6 + .5, 0, 1))}),
    "hard_swish": activation(F.hardswish),
    "gelu_tanh": activation(lambda x: F.gelu(x, approximate="tanh")),
    "prelu": Entry(draw_prelu, lambda x, o: torch.where(x[0] > 0, x[0], x[0] * x[1]), scale=1),
    "glu": Entry(draw_glu, lambda x, o: F.glu(x[0], o["axis"]), scale=1),
    "kernels::sign": Entry(one(), lambda x, o: torch.sign(x[0]), gradients=False, ours={
        "The sign of NaN": lambda x, o: torch.where(x[0].isnan(), torch.nan, torch.sign(x[0]))}),
    "kernels::isfinite": Entry(one(), lambda x, o: torch.isfinite(x[0]).to(torch.uint8), gradients=False),
    "kernels::equal": comparison(torch.eq),
    "kernels::not_equal": comparison(torch.ne),
    "kernels::less": comparison(torch.lt),
    "kernels::less_equal": comparison(torch.le),
    "kernels::greater": comparison(torch.gt),
    "kernels::greater_equal": comparison(torch.ge),
}
