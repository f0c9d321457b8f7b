"""Single layers in PyTorch on the shapes of bench/shapes.json: what bench/shapes.sh compares bench/shapes with.

Forward and backward, gradients of the input and of every parameter, images contiguous and in channels_last. Prints one
JSON line per shape and layout; the checksums must agree with ours.
Usage: pytorch_shapes.py bench/shapes.json [--threads 2] [--only 3x3]
"""
import json

import numpy as np
import torch
from torch import nn

import common
import pytorch_model


class CrossEntropy(nn.Module):
    """Row i is of class 7 i mod K."""

    def __init__(self, rows, classes):
        super().__init__()
        self.labels = 7 * torch.arange(rows) % classes

    def forward(self, z):
        return nn.functional.cross_entropy(z, self.labels)


class Product(nn.Module):
    """x w, or x w^T."""

    def __init__(self, shape, transposed):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))
        self.transposed = transposed

    def forward(self, x):
        return x @ (self.weight.transpose(-1, -2) if self.transposed else self.weight)


def make_layer(entry):
    x, op = entry["x"], entry["op"]
    window = {"kernel_size": entry.get("kernel"), "stride": entry.get("stride", 1), "padding": entry.get("padding", 0)}
    if op == "conv2d":
        return nn.Conv2d(x[-1], entry["out"], groups=entry.get("groups", 1), **window)
    if op == "dense":
        return nn.Linear(x[-1], entry["out"])
    if op == "max_pool2d":
        return nn.MaxPool2d(**window)
    if op == "matmul":
        return Product(entry["w"], entry.get("transposed_w", False))
    if op == "cross_entropy":
        return CrossEntropy(*x)
    raise ValueError(f"shapes: there is no op {op}")


def golden(seed, shape):
    return pytorch_model.from_ours(common.golden_numbers(seed, shape).astype(np.float32))


def measure(entry, setting, seconds):
    layout = pytorch_model.memory_format(setting)
    layer = make_layer(entry)
    with torch.no_grad():
        for seed, parameter in enumerate(layer.parameters(), start=1):
            ours = common.golden_parameter(seed, pytorch_model.weight_to_ours(parameter).shape)
            parameter.copy_(pytorch_model.weight_from_ours(ours))
    layer = layer.to(memory_format=layout)
    x = golden(100, entry["x"])
    x = (x.contiguous(memory_format=layout) if x.dim() == 4 else x).requires_grad_()
    y = layer(x)
    dy = torch.ones(())
    if y.dim() > 0:
        dy = golden(101, pytorch_model.to_ours(y).shape)
        dy = dy.contiguous(memory_format=layout) if dy.dim() == 4 else dy
    inputs = [x, *layer.parameters()]

    def forward_and_backward():
        y = layer(x)
        return y, torch.autograd.grad(y, inputs, dy)

    times = common.repeat(forward_and_backward, calls=7, seconds=seconds)
    y, (dx, *gradients) = forward_and_backward()
    checksums = {"y": common.checksum(pytorch_model.to_ours(y)), "dx": common.checksum(pytorch_model.to_ours(dx))}
    for (name, _), gradient in zip(layer.named_parameters(), gradients):
        checksums["d" + name] = common.checksum(pytorch_model.weight_to_ours(gradient))
    common.print_result(pytorch_model.peer(setting), times, shape=entry["name"], checksums=checksums)


def main():
    options = common.parser(__doc__)
    options.add_argument("list", help="bench/shapes.json")
    options.add_argument("--only", default="", help="the shapes whose names contain this")
    options.add_argument("--seconds", type=float, default=0.4, help="how long each shape is measured")
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    with open(args.list) as file:
        entries = [entry for table in json.load(file).values() for entry in table]
    for entry in entries:
        if args.only in entry["name"]:
            for setting in ["nchw", "channels_last"] if len(entry["x"]) == 4 else ["nchw"]:
                measure(entry, setting, args.seconds)


if __name__ == "__main__":
    main()
