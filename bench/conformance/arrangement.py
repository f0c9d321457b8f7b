"""Reductions, softmax, layout, selection by index and order in PyTorch's spelling."""
import functools

import numpy as np
import torch

from case import Entry


def dims(x, o):
    return o["axes"] or list(range(x.dim()))


def reduction(op, least=1, scale=0, ours=None):
    def draw(r):
        shape = r.shape(least=least)
        return [r.reals(shape)], {"axes": r.axes(len(shape)), "keepdim": r.flag()}
    return Entry(draw, lambda x, o: op(x[0], dims(x[0], o), o["keepdim"]), scale=scale, ours=ours or {})


def product(x, axes, keepdim):
    """PyTorch multiplies along one axis at a time."""
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = x.prod(axis, keepdim)
    return x


def logsumexp(x, o):
    """Its gradient is softmax, without the rounding of y: 0 where all are -inf."""
    axes = dims(x[0], o)
    largest = x[0].detach().amax(axes, True)
    nothing = largest == -torch.inf
    shift = torch.where(largest.isfinite(), largest, 0)
    y = torch.where(nothing, -torch.inf, shift + torch.where(nothing, 0, x[0] - shift).exp().sum(axes, True).log())
    return y if o["keepdim"] else y.squeeze(tuple(axes))


def shared(op):
    """max or min, whose gradient all NaN share where there are some."""
    def spelling(x, o):
        axes, keepdim, is_nan = dims(x[0], o), o["keepdim"], x[0].isnan()
        count = is_nan.sum(axes, keepdim)
        of_nan = torch.where(is_nan, x[0], 0).sum(axes, keepdim) / count.clamp(min=1)
        return torch.where(count > 0, of_nan, op(torch.where(is_nan, 0, x[0]), axes, keepdim))
    return {"NaN and gradients": spelling}


def multiplied(x, o):
    """One factor at a time: no division by what is 0 or infinite."""
    for axis in sorted((axis % x[0].dim() for axis in dims(x[0], o)), reverse=True):
        x = [functools.reduce(torch.mul, x[0].unbind(axis))]
        x = [x[0].unsqueeze(axis)] if o["keepdim"] else x
    return x[0]


def draw_prod(r):
    shape = tuple(min(size, 6) for size in r.shape(high=3))
    return [r.reals(shape)], {"axes": r.axes(len(shape)), "keepdim": r.flag()}


def draw_var(r):
    shape = r.shape(high=3, least=1)
    axes = r.axes(len(shape))
    count = int(np.prod([shape[axis] for axis in axes or range(len(shape))]))
    return [r.reals(shape)], {"axes": axes, "keepdim": r.flag(), "correction": r.integer(0, min(2, count - 1))}


def along_axis(op):
    def draw(r):
        shape = r.shape(low=1, least=1)
        return [r.reals(shape)], {"axis": r.integer(-len(shape), len(shape) - 1)}
    return Entry(draw, lambda x, o: op(x[0], o["axis"]), scale=1)


def draw_reshape(r):
    shape = r.shape()
    sizes = list(shape)
    r.random.shuffle(sizes)
    if sizes and r.flag():
        sizes[:2] = [int(np.prod(sizes[:2]))]
    return [r.reals(shape)], {"shape": [int(size) for size in sizes] + [1] * r.integer(0, 1)}


def draw_slice(r):
    shape = r.shape(low=1)
    axis = r.integer(0, len(shape) - 1)
    begin, end = sorted([r.integer(0, shape[axis]), r.integer(0, shape[axis])])
    begin -= shape[axis] * (begin < shape[axis] and r.flag(.3))
    axis -= len(shape) * r.flag(.3)
    return [r.reals(shape)], {"axis": axis, "begin": begin, "end": end, "step": r.integer(1, 3)}


def sliced(x, o):
    where = [slice(None)] * x[0].dim()
    where[o["axis"]] = slice(o["begin"], o["end"], o["step"])
    return x[0][tuple(where)]


def draw_pad(r):
    shape = r.shape()
    return [r.reals(shape)], {"padding": [[r.integer(0, 2), r.integer(0, 2)] for _ in shape], "value": r.number(-1, 1)}


def padded(x, o):
    sides = [side for pair in reversed(o["padding"]) for side in pair]
    return torch.nn.functional.pad(x[0], sides, value=o["value"]) if sides else x[0].clone()


def draw_concat(r):
    shape = list(r.shape(low=1))
    axis = r.integer(-len(shape), len(shape) - 1)
    parts = []
    for _ in range(r.integer(1, 4)):
        shape[axis] = r.size(least=0)
        parts.append(r.reals(tuple(shape)))
    return parts, {"axis": axis}


def draw_stack(r):
    shape = r.shape(high=3)
    return [r.reals(shape) for _ in range(r.integer(1, 4))], {"axis": r.integer(-len(shape) - 1, len(shape))}


def draw_permute(r):
    shape = r.shape()
    return [r.reals(shape)], {"axes": [int(axis) for axis in r.random.permutation(len(shape))]}


def draw_gather(r):
    shape = list(r.shape(low=1, least=1))
    axis = r.integer(-len(shape), len(shape) - 1)
    x, count = r.reals(tuple(shape)), shape[axis]
    shape[axis] = r.size(least=0)
    return [x], {"axis": axis, "index": r.indices(count, shape)}


def draw_scatter(r):
    shape = list(r.shape(low=1))
    axis = r.integer(-len(shape), len(shape) - 1)
    source, count = r.reals(tuple(shape)), r.integer(1, 5)
    index = r.indices(count, shape)
    shape[axis] = count
    return [source], {"shape": [int(size) for size in shape], "axis": axis, "index": index}


def scattered(x, o):
    return torch.zeros(o["shape"], dtype=x[0].dtype).scatter_add(o["axis"], o["index"], x[0])


def draw_sort(r):
    shape = r.shape(low=1)
    return [r.reals(shape)], {"axis": r.integer(-len(shape), len(shape) - 1), "descending": r.flag()}


def draw_topk(r):
    shape = r.shape(low=1)
    axis = r.integer(-len(shape), len(shape) - 1)
    return [r.reals(shape)], {"axis": axis, "k": r.integer(0, shape[axis])}


def largest(x, o):
    """PyTorch's topk promises no order among equal elements; its stable sort does."""
    values, indices = torch.sort(x[0], dim=o["axis"], descending=True, stable=True)
    return values.narrow(o["axis"], 0, o["k"]), indices.narrow(o["axis"], 0, o["k"])


def index_of(op, ours=None):
    def draw(r):
        shape = r.shape(low=1, least=1)
        return [r.reals(shape)], {"axis": r.integer(-len(shape), len(shape) - 1), "keepdim": r.flag()}
    return Entry(draw, lambda x, o: op(x[0], o["axis"], o["keepdim"]), gradients=False, ours=ours or {})


def first_index_of(extreme):
    """PyTorch's argmax promises no order among equal elements; its max and min find the first."""
    return lambda x, axis, keepdim: getattr(x, extreme)(axis, keepdim).indices


def least_number(x, o):
    """argmin, that of -x where all are NaN."""
    numbers = torch.where(x[0].isnan(), torch.inf, x[0])
    some = ~x[0].isnan().all(o["axis"], o["keepdim"])
    first = (numbers == numbers.amin(o["axis"], True)) & ~x[0].isnan()
    return torch.where(some, first.to(torch.uint8).max(o["axis"], o["keepdim"]).indices, 0)


def draw_one_hot(r):
    classes = r.integer(1, 5)
    return [r.reals(())], {"index": r.indices(classes, r.shape()), "classes": classes}


def draw_rows(r):
    shape = r.shape(low=1, least=1)
    return [r.reals(shape)], {"index": r.indices(shape[0], (r.size(least=0),))}


def draw_added_rows(r):
    source, rows = r.reals(r.shape(low=1)), r.integer(1, 5)
    return [source], {"rows": rows, "index": r.indices(rows, (source.shape[0],))}


def draw_broadcast(r):
    shape = r.shape()
    return [r.reals(r.operand_of(shape))], {"shape": list(shape)}


def draw_sum_to(r):
    shape = r.shape()
    return [r.reals(shape)], {"shape": list(r.operand_of(shape))}


TABLE = {
    "sum": reduction(lambda x, axes, keepdim: torch.sum(x, axes, keepdim), least=0),
    "mean": reduction(lambda x, axes, keepdim: torch.mean(x, axes, keepdim)),
    "max": reduction(lambda x, axes, keepdim: torch.amax(x, axes, keepdim), ours=shared(torch.amax)),
    "min": reduction(lambda x, axes, keepdim: torch.amin(x, axes, keepdim), ours=shared(torch.amin)),
    "prod": Entry(draw_prod, lambda x, o: product(x[0], dims(x[0], o), o["keepdim"]), scale=1,
                  ours={"Products with infinities": multiplied}),
    "logsumexp": reduction(lambda x, axes, keepdim: torch.logsumexp(x, axes, keepdim), scale=1,
                           ours={"logsumexp at the extremes": logsumexp}),
    "var": Entry(draw_var, lambda x, o: torch.var(x[0], dims(x[0], o), correction=o["correction"],
                                                  keepdim=o["keepdim"])),
    "broadcast_to": Entry(draw_broadcast, lambda x, o: x[0].broadcast_to(o["shape"])),
    "sum_to": Entry(draw_sum_to, lambda x, o: x[0].sum_to_size(o["shape"])),
    "softmax": along_axis(torch.softmax),
    "log_softmax": along_axis(torch.log_softmax),
    "reshape": Entry(draw_reshape, lambda x, o: x[0].reshape(o["shape"])),
    "flatten": Entry(lambda r: ([r.reals(r.shape(low=1))], {}),
                     lambda x, o: x[0].reshape(x[0].shape[0], int(np.prod(x[0].shape[1:])))),
    "slice": Entry(draw_slice, sliced),
    "pad": Entry(draw_pad, padded),
    "concat": Entry(draw_concat, lambda x, o: torch.cat(x, o["axis"])),
    "stack": Entry(draw_stack, lambda x, o: torch.stack(x, o["axis"])),
    "unbind": Entry(lambda r: ([r.reals(r.shape(low=1, high=3, least=1))], {"axis": r.choice([0, -1])}),
                    lambda x, o: torch.unbind(x[0], o["axis"])),
    "permute_copy": Entry(draw_permute, lambda x, o: x[0].permute(o["axes"])),
    "transpose": Entry(lambda r: ([r.reals(r.shape(low=2))], {}), lambda x, o: x[0].mT),
    "gather": Entry(draw_gather, lambda x, o: torch.gather(x[0], o["axis"], o["index"])),
    "scatter_add": Entry(draw_scatter, scattered),
    "sort": Entry(draw_sort, lambda x, o: torch.sort(x[0], dim=o["axis"], descending=o["descending"], stable=True)),
    "topk": Entry(draw_topk, largest),
    "kernels::argmax": index_of(first_index_of("max")),
    "kernels::argmin": index_of(first_index_of("min"), {"NaN in argmin": least_number}),
    "kernels::one_hot": Entry(draw_one_hot, gradients=False, reference=lambda x, o: torch.nn.functional.one_hot(
        o["index"], o["classes"]).to(x[0].dtype)),
    "take_rows": Entry(draw_rows, lambda x, o: x[0][o["index"]]),
    "add_rows": Entry(draw_added_rows, lambda x, o: torch.zeros(
        (o["rows"], *x[0].shape[1:]), dtype=x[0].dtype).index_add(0, o["index"], x[0])),
}
