"""Golden values of layers that change shapes, and of layers of layers: writes shapes.json, which
tests/nn/golden_shapes_test.cpp compares with. PyTorch 2.15:

    python3 tests/golden/shapes.py
"""
import torch
import torch.nn.functional as F

from layer_cases import by_channels, case, write

PICTURES, ROWS = (2, 3, 4, 2), (3, 4)
SQUARE = (4, 4)


def of_pictures(op, shape=PICTURES):
    """op(x [N, C, H, W])."""
    return case(by_channels(op), shape)


def resized(size, shape=PICTURES, **how):
    return of_pictures(lambda x: F.interpolate(x, size, **how), shape)


BILINEAR = {"mode": "bilinear", "align_corners": False}
CORNERS = BILINEAR | {"align_corners": True}

POOLING = {
    "AdaptiveAvgPool2d to 1": of_pictures(lambda x: F.adaptive_avg_pool2d(x, 1)),
    "AdaptiveAvgPool2d, bins side by side": of_pictures(lambda x: F.adaptive_avg_pool2d(x, (3, 2))),
    "AdaptiveAvgPool2d, bins that overlap": of_pictures(lambda x: F.adaptive_avg_pool2d(x, (2, 3))),
    "AdaptiveAvgPool2d, more bins than pixels": of_pictures(lambda x: F.adaptive_avg_pool2d(x, (5, 7))),
    "GlobalMaxPool2d": case(lambda x: F.adaptive_max_pool2d(x.movedim(-1, 1), 1).flatten(1), PICTURES),
    "AvgPool2d, padding counted": of_pictures(lambda x: F.avg_pool2d(x, 3, (2, 1), 1)),
    "AvgPool2d, padding not counted": of_pictures(lambda x: F.avg_pool2d(x, 3, (2, 1), 1, count_include_pad=False)),
}
INTERPOLATION = {
    "Upsample, nearest": of_pictures(lambda x: F.interpolate(x, scale_factor=(2, 3))),
    "Upsample, nearest to 7x3": resized((7, 3)),
    "Upsample, bilinear": of_pictures(lambda x: F.interpolate(x, scale_factor=2, **BILINEAR)),
    "Upsample, bilinear to 7x5": resized((7, 5), **BILINEAR),
    "Upsample, bilinear to 2x3": resized((2, 3), **BILINEAR),
    "Upsample, bilinear to 1x1": resized((1, 1), **BILINEAR),
    "Upsample, bilinear of one pixel": resized((3, 2), (2, 1, 1, 2), **BILINEAR),
    "Upsample, align_corners": of_pictures(lambda x: F.interpolate(x, scale_factor=2, **CORNERS)),
    "Upsample, align_corners to 7x5": resized((7, 5), **CORNERS),
    "Upsample, align_corners to 2x3": resized((2, 3), **CORNERS),
    "Upsample, align_corners to 1x1": resized((1, 1), **CORNERS),
    "Upsample, align_corners of one pixel": resized((3, 2), (2, 1, 1, 2), **CORNERS),
}
LAYERS = {
    "Reshape": case(lambda x: x.reshape(2, 6, 4), PICTURES),
    "Permute": case(lambda x: x.permute(0, 3, 1, 2), PICTURES),
    "Residual": case(lambda x, w, v: torch.tanh(x @ w) + x @ v, ROWS, {"inner.0.weight": SQUARE,
                                                                     "shortcut.weight": SQUARE}),
    "Concat": case(lambda x, w: torch.cat([x, torch.tanh(x @ w)], 1), ROWS, {"1.0.weight": SQUARE}),
    "Parallel, sum": case(lambda x, w: x + torch.tanh(x @ w), ROWS, {"1.0.weight": SQUARE}),
    "Parallel, mean": case(lambda x, w: (x + torch.tanh(x @ w)) / 2, ROWS, {"1.0.weight": SQUARE}),
    "Parallel, product": case(lambda x, w: x * torch.tanh(x @ w), ROWS, {"1.0.weight": SQUARE}),
}

if __name__ == "__main__":
    write(__file__, POOLING | INTERPOLATION | LAYERS)
