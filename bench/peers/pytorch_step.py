"""The article's training step in PyTorch: what bench/run.sh compares bench/convnet_step with.

Same network, batch, optimizer and dropout; batches are gathered from uint8 images and scaled inside the timed step, as in
ours. Prints one JSON line: milliseconds per step (median over the timed steps) and the loss after five steps without
dropout on a fixed batch from fixed weights, which must agree with ours.
"""
import argparse
import json
import math
import statistics
import time

import numpy as np
import torch
from torch import nn


def lcg(seed, count):
    """u = s / 2^32 - 1/2 with s <- (1664525 s + 1013904223) mod 2^32."""
    out = np.empty(count, dtype=np.float64)
    s = seed
    for i in range(count):
        s = (1664525 * s + 1013904223) & 0xFFFFFFFF
        out[i] = s / 2**32 - 0.5
    return out


def convnet(dropout):
    return nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout),
        nn.Flatten(), nn.Linear(2304, 256), nn.ReLU(), nn.Linear(256, 10))


def set_weights(model):
    """The weights of ours: drawn in NHWC order, brought into PyTorch's."""
    shapes = [(3, 3, 3, 32), (32,), (3, 3, 32, 64), (64,), (2304, 256), (256,), (256, 10), (10,)]
    with torch.no_grad():
        for seed, (shape, parameter) in enumerate(zip(shapes, model.parameters()), start=1):
            places = math.prod(shape[:-2])
            scale = 0.02 if len(shape) == 1 else 2 * math.sqrt(6 / (places * (shape[-2] + shape[-1])))
            w = torch.from_numpy(lcg(seed, math.prod(shape)).reshape(shape) * scale).float()
            if len(shape) == 4:
                w = w.permute(3, 2, 0, 1)
            elif shape == (2304, 256):
                w = w.reshape(6, 6, 64, 256).permute(3, 2, 0, 1).reshape(256, 2304)
            elif len(shape) == 2:
                w = w.t()
            parameter.copy_(w)


def loss_after_five_steps(batch):
    model = convnet(0.0)
    set_weights(model)
    images = torch.from_numpy((lcg(100, batch * 3072) + 0.5).reshape(batch, 32, 32, 3)).float().permute(0, 3, 1, 2)
    labels = torch.arange(batch) % 10
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
    loss = None
    for _ in range(6):  # the sixth loss is the one after five steps
        adam.zero_grad()
        loss = nn.functional.cross_entropy(model(images.contiguous()), labels)
        loss.backward()
        adam.step()
    return loss.item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--layout", choices=["nchw", "channels_last"], default="nchw")
    parser.add_argument("--verify", action="store_true", help="also compute the loss after five fixed steps")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    layout = torch.channels_last if args.layout == "channels_last" else torch.contiguous_format
    model = convnet(0.5).to(memory_format=layout)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
    pool = torch.randint(0, 256, (10000, 3, 32, 32), dtype=torch.uint8).contiguous(memory_format=layout)
    labels = torch.randint(0, 10, (10000,))
    times = []
    for step in range(args.warmup + args.steps):
        began = time.perf_counter()
        index = torch.randint(0, 10000, (args.batch,))
        images = (pool[index].float() / 255).contiguous(memory_format=layout)
        adam.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(images), labels[index])
        loss.backward()
        adam.step()
        loss.item()
        if step >= args.warmup:
            times.append(1e3 * (time.perf_counter() - began))
    result = {"peer": f"pytorch {torch.__version__} {args.layout}", "ms": statistics.median(times), "best_ms": min(times)}
    if args.verify:
        result["loss_after_5_steps"] = loss_after_five_steps(args.batch)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
