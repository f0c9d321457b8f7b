"""What the peers' programs share: numbers that every framework can make, so that runs can be compared; the pool of
images that batches are gathered from; timing; and the JSON line that bench/report.py reads. Knows no framework.

The numbers are those of tests/testing/golden_numbers.h: with s <- (1664525 s + 1013904223) mod 2^32 they are
u = s / 2^32 - 1/2. Arrays are in the order of ours: images [N, H, W, C], kernels [KH, KW, in, out], dense [in, out].
"""
import argparse
import json
import math
import os
import statistics
import time

import numpy as np

PARAMETER_SHAPES = [(3, 3, 3, 32), (32,), (3, 3, 32, 64), (64,), (2304, 256), (256,), (256, 10), (10,)]
POOL = 10_000  # images


def golden_numbers(seed, shape):
    """u, in float64. Every run gives the next one of its length: s[n + i] = a^n s[i] + c (a^n - 1) / (a - 1)."""
    count = math.prod(shape)
    s = np.array([(1664525 * seed + 1013904223) % 2**32], dtype=np.uint32)
    factor, shift = 1664525, 1013904223
    while len(s) < count:
        s = np.concatenate([s, s * np.uint32(factor) + np.uint32(shift)])
        factor, shift = factor * factor % 2**32, shift * (factor + 1) % 2**32
    return (s[:count] / 2.0**32 - 0.5).reshape(shape)


def golden_parameter(seed, shape):
    """2 sqrt(6 / (fan_in + fan_out)) u for weights, 0.02 u for biases."""
    scale = 0.02
    if len(shape) > 1:
        scale = 2 * math.sqrt(6 / (math.prod(shape[:-2]) * (shape[-2] + shape[-1])))
    return (scale * golden_numbers(seed, shape)).astype(np.float32)


def golden_parameters():
    """Those of the article's network, in order."""
    return [golden_parameter(seed, shape) for seed, shape in enumerate(PARAMETER_SHAPES, start=1)]


def golden_images(count):
    return (golden_numbers(100, (count, 32, 32, 3)) + 0.5).astype(np.float32)


def golden_labels(count):
    return np.arange(count) % 10


def checksum(t):
    """[|t|, <t, r>]: see bench/checksum.h. t is a NumPy array in the order of ours."""
    t = np.asarray(t, dtype=np.float64)
    return [float(np.linalg.norm(t)), float(np.vdot(t, math.sqrt(12) * golden_numbers(102, t.shape)))]


def pool():
    """Images [POOL, 32, 32, 3] of uint8 and their labels, at random: what steps are timed on."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (POOL, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, POOL)


def batch_indices(batch):
    """Endless rows of indices of images."""
    random = np.random.default_rng(1)
    while True:
        yield random.integers(0, POOL, batch)


def parser(description, settings=None):
    """The options of every program; `settings` are the ways in which a framework can be run."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--threads", type=int, default=2)
    if settings:
        options.add_argument("--setting", choices=settings, default=settings[0])
    return options


def step_options(description, settings):
    """Of the programs that time the training step."""
    options = parser(description, settings)
    options.add_argument("--batch", type=int, default=250)
    options.add_argument("--steps", type=int, default=20)
    options.add_argument("--warmup", type=int, default=5)
    options.add_argument("--verify", action="store_true", help="also compute the loss after five fixed steps")
    return options.parse_args()


def limit_processors(threads):
    """For frameworks whose thread pools are as large as the processors that they see; before they are imported."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def repeat(work, warmup=5, calls=1, seconds=0.0):
    """Milliseconds of each call after the warm-up: at least `calls` calls, and `seconds` in total."""
    for _ in range(warmup):
        work()
    times = []
    while len(times) < calls or sum(times) < 1e3 * seconds:
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return times


def print_result(peer, times=None, **more):
    result = {"peer": peer}
    if times:
        result |= {"ms": statistics.median(times), "best_ms": min(times)}
    print(json.dumps(result | more), flush=True)
