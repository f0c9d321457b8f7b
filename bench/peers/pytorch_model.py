"""The article's network in PyTorch, the ways in which it can be run, and the way from our arrays to PyTorch's."""
import warnings

import torch
from torch import nn

import common

SETTINGS = ["nchw", "channels_last", "compile", "compile_channels_last"]


def peer(setting):
    """"pytorch 2.1.0 channels_last", without what follows a + in the version."""
    return f"pytorch {torch.__version__.split('+')[0]} {setting}"


def memory_format(setting):
    return torch.channels_last if setting.endswith("channels_last") else torch.contiguous_format


def compiled(setting, function):
    """torch.compile where the setting asks for it."""
    if not setting.startswith("compile"):
        return function
    warnings.filterwarnings("ignore")  # advice about graph breaks is not a result
    return torch.compile(function)


def convnet(dropout):
    return nn.Sequential(
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout),
        nn.Flatten(), nn.Linear(2304, 256), nn.ReLU(), nn.Linear(256, 10))


def from_ours(t):
    """Images and kernels in PyTorch's order of axes; other arrays as they are."""
    t = torch.from_numpy(t)
    return t.permute(0, 3, 1, 2) if t.dim() == 4 else t


def weight_from_ours(w):
    w = torch.from_numpy(w)
    return w.permute(3, 2, 0, 1) if w.dim() == 4 else w.t() if w.dim() == 2 else w


def to_ours(t):
    t = t.detach()
    return (t.permute(0, 2, 3, 1) if t.dim() == 4 else t).numpy()


def weight_to_ours(w):
    w = w.detach()
    return (w.permute(2, 3, 1, 0) if w.dim() == 4 else w.t() if w.dim() == 2 else w).numpy()


def set_golden_weights(model):
    """The weights of ours. Flatten sees [C, H, W] here and [H, W, C] there."""
    with torch.no_grad():
        for w, parameter in zip(common.golden_parameters(), model.parameters()):
            if w.shape == (2304, 256):
                w = w.reshape(6, 6, 64, 256).transpose(2, 0, 1, 3).reshape(2304, 256)
            parameter.copy_(weight_from_ours(w))
