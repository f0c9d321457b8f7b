"""A case, and PyTorch at work on it: outputs y, the gradients g of <y, dy> in the inputs, and the gradients h of <g, v>
in the inputs and in dy."""
import dataclasses
import typing

import numpy as np
import torch

torch.set_num_threads(1)


@dataclasses.dataclass
class Entry:
    """How a function is tried: draw(Draw) gives inputs and options, reference(x, o) is PyTorch's spelling of it."""
    draw: typing.Callable
    reference: typing.Callable
    gradients: bool = True
    # Where both sides differ on purpose, under the names of docs/differences.md: ours, in PyTorch's ops.
    ours: dict = dataclasses.field(default_factory=dict)
    scale: float = 0  # of what is rounded on the way to derivatives of 1; 0 where results are products


def as_torch(value, dtype):
    """Arrays as tensors, floating ones in `dtype`, also within lists and dictionaries."""
    if isinstance(value, np.ndarray):
        tensor = torch.from_numpy(value.copy())
        return tensor.to(dtype) if tensor.is_floating_point() else tensor
    if isinstance(value, dict):
        return {key: as_torch(item, dtype) for key, item in value.items()}
    return [as_torch(item, dtype) for item in value] if isinstance(value, list) else value


def listed(outputs):
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def derivatives(y, variables, graph):
    """None where PyTorch has no derivative."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in variables]
    try:
        found = torch.autograd.grad(y, variables, create_graph=graph, allow_unused=True)
    except (NotImplementedError, RuntimeError) as error:
        if "not implemented" in str(error):
            return None
        raise
    return [torch.zeros_like(x) if d is None else d for d, x in zip(found, variables)]


def inner_product(a, b):
    return sum((p * q).sum() for p, q in zip(a, b) if q is not None)


def arrays(tensors):
    return None if tensors is None else [t.numpy(force=True) for t in tensors]


def evaluate(entry, reference, x, options, dy, v, dtype):
    """What PyTorch gives in a dtype: {"y": [...], "g": [...], "h": [...]}. dy(i, output) gives cotangent i."""
    leaves = [tensor.requires_grad_(entry.gradients) for tensor in as_torch(x, dtype)]
    y = listed(reference(leaves, as_torch(options, dtype)))
    results = {"y": arrays(y)}
    if not entry.gradients:
        return results
    cotangents = [None if d is None else as_torch(d, dtype).requires_grad_() for d in dy(arrays(y))]
    total = inner_product(y, cotangents)
    g = derivatives(total, leaves, graph=True)
    results["g"] = arrays(g)
    if g is not None:
        wanted = leaves + [d for d in cotangents if d is not None]
        results["h"] = arrays(derivatives(inner_product(g, as_torch(v, dtype)), wanted, graph=False))
    return results
