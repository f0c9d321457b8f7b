"""What scripts of golden values of layers share: numbers that C++ makes, too, and the gradients of a case by PyTorch, all in
float64. tests/testing/golden_layers.h reads what `write` writes.

A case is a function of x and parameters, in the shapes that they have in gibbs: pictures are [N, H, W, C]. Nothing random is
stored: with the numbers of tests/testing/golden_numbers.h, s <- (1664525 s + 1013904223) mod 2^32, u = s / 2^32 - 1/2,
parameter k = 1, 2 ... is 2 u seeded with k, x is 8 u seeded with 100, dy 2 u seeded with 200, v 2 u seeded with 300.
"""
import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)


def golden_numbers(seed, shape, scale):
    values = []
    for _ in range(torch.Size(shape).numel()):
        seed = (1664525 * seed + 1013904223) % 2**32
        values.append(scale * (seed / 2**32 - .5))
    return torch.tensor(values).reshape(shape)


def input_numbers(shape, step=0):
    return golden_numbers(100 + step, shape, 8)


def by_channels(function):
    """function(x [N, C, ...], ...) as one of x [N, ..., C]."""
    return lambda x, *parameters: function(x.movedim(-1, 1), *parameters).movedim(1, -1)


def case(function, input_shape, parameters=None, training=False):
    """y, dx = (dy/dx)^T dy and the same of each parameter {name: shape}, and ddx, the gradient of sum(v dx) in x."""
    parameters = parameters or {}
    x = input_numbers(input_shape).requires_grad_()
    weights = [golden_numbers(k, shape, 2).requires_grad_() for k, shape in enumerate(parameters.values(), 1)]
    y = function(x, *weights)
    dy, v = golden_numbers(200, y.shape, 2), golden_numbers(300, input_shape, 2)
    dx, *dweights = torch.autograd.grad((y * dy).sum(), [x] + weights, create_graph=True)
    ddx = torch.autograd.grad((dx * v).sum(), x, materialize_grads=True)[0] if dx.requires_grad else torch.zeros_like(x)
    flat = {"y": y, "dx": dx, "ddx": ddx} | {f"d{name}": d for name, d in zip(parameters, dweights)}
    return ({"input": list(input_shape), "output": list(y.shape), "training": training} |
            {name: tensor.flatten().tolist() for name, tensor in flat.items()})


def write(script, cases):
    """cases {name: case} beside the script, one on each line, under its name."""
    lines = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in cases.items()]
    pathlib.Path(script).with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
