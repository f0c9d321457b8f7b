"""Layers in evaluation beside PyTorch's modules with the same weights: x is [input, parameters...]. Weights of ours are
[in, out] and [KH, KW, C / groups, out]."""
import math

import torch
import torch.nn.functional as F
from torch import nn

import elementwise
import image
from case import Entry
from image import to_nchw, to_nhwc


def with_weights(module, weights, x):
    """The module at x, with these tensors for parameters."""
    names = [name for name, _ in module.named_parameters()]
    return torch.func.functional_call(module, dict(zip(names, weights)), (x,))


def activation(module):
    return Entry(lambda r: ([r.reals(r.shape(low=1, least=1))], {}), lambda x, o: module(x[0]), scale=1)


def linear(x, weight, bias):
    module = nn.Linear(*weight.shape, bias=bias is not None)
    return with_weights(module, [weight.T] + ([] if bias is None else [bias]), x)


def draw_dense(r):
    shape = r.shape(low=2, high=4, least=1)
    weight = r.reals((shape[-1], r.size()))
    return [r.reals(shape), weight] + ([r.reals(weight.shape[1:])] if r.flag(.7) else []), {}


# ---- windows ----
def same_padding(sizes, kernel, stride, dilation=(1, 1)):
    """Keras' [top, bottom, left, right]: outputs are ceil(size / stride), the larger half at the end."""
    pads = []
    for size, k, step, apart in zip(sizes, kernel, stride, dilation):
        total = max(0, (math.ceil(size / step) - 1) * step + (k - 1) * apart + 1 - size)
        pads += [total // 2, total - total // 2]
    return pads


def draw_conv2d(r):
    shape, kernel, o = image.draw_convolution(r)
    if r.flag(.3):
        o["same"] = True
    return [r.reals(shape), r.reals(kernel)] + ([r.reals(kernel[3:])] if r.flag(.7) else []), o


def conv2d(x, o):
    images, weight = image.contiguous(to_nchw(x[0])), image.contiguous(x[1].permute(3, 2, 0, 1))
    kernel, channels = weight.shape[2:], (images.shape[1], weight.shape[0])
    same = same_padding(images.shape[2:], kernel, o["stride"], o["dilation"])
    top, bottom, left, right = same if o.get("same") else o.get("padding", [0] * 4)
    padding = (top, left) if (top, left) == (bottom, right) else 0
    if padding == 0:
        images = F.pad(images, (left, right, top, bottom))
    module = nn.Conv2d(*channels, kernel, o["stride"], padding, o["dilation"], o["groups"], bias=len(x) > 2)
    return to_nhwc(with_weights(module, [weight] + x[2:], images))


def draw_pool(r):
    x, o = image.draw_pool(r)
    if r.flag(.2):
        o["same"] = True
    if r.flag(.2):
        del o["stride"]
    return x, o


def pool(op):
    def reference(x, o):
        o = {"stride": o["window"]} | o
        if o.get("same"):
            o["padding"] = same_padding(x[0].shape[1:3], o["window"], o["stride"])
        return op(x, o)
    return Entry(draw_pool, reference)


def draw_images(r):
    return [r.reals((r.integer(1, 3), r.size(), r.size(), r.size()))], {}


# ---- a network ----
def draw_network(r):
    (x, kernel, bias), o = image.draw_block(r)
    top, bottom, left, right = o.get("padding", [0] * 4)
    height, width = x.shape[1] + top + bottom - kernel.shape[0] + 1, x.shape[2] + left + right - kernel.shape[1] + 1
    weight = r.reals(((height // 2) * (width // 2) * kernel.shape[3], r.integer(1, 10)))
    return [x, kernel, bias, weight, r.reals(weight.shape[1:])], o


def network(x, o):
    hidden = image.block(x[:3], o)
    return linear(hidden.flatten(1), x[3], x[4])


RELU, GELU = elementwise.TABLE["relu"], elementwise.TABLE["gelu"]

TABLE = {
    "nn::ReLU": Entry(activation(None).draw, RELU.reference, ours=RELU.ours),
    "nn::Tanh": activation(nn.Tanh()),
    "nn::Sigmoid": activation(nn.Sigmoid()),
    "nn::GELU": Entry(activation(None).draw, GELU.reference, scale=1, ours=GELU.ours),
    "nn::Softmax": activation(nn.Softmax(-1)),
    "nn::Flatten": Entry(lambda r: ([r.reals(r.shape(low=2, least=1))], {}), lambda x, o: nn.Flatten()(x[0])),
    "nn::GlobalAvgPool2d": Entry(draw_images, lambda x, o: nn.AdaptiveAvgPool2d(1)(to_nchw(x[0])).flatten(1)),
    "nn::Dropout": Entry(lambda r: ([r.reals(r.shape(low=1))], {"rate": r.choice([0., .25, .9])}),
                         lambda x, o: nn.Dropout(o["rate"]).eval()(x[0])),
    "nn::Dense": Entry(draw_dense, lambda x, o: linear(x[0], x[1], x[2] if len(x) > 2 else None)),
    "nn::Conv2d": Entry(draw_conv2d, conv2d),
    "nn::MaxPool2d": pool(image.max_pool2d),
    "nn::AvgPool2d": pool(image.avg_pool2d),
    "nn::Sequential": Entry(draw_network, network),
}
