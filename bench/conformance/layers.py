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


def draw_glu(r):
    (x,), o = elementwise.draw_glu(r)
    return [x.swapaxes(o["axis"], -1)], {}


def draw_prelu(r):
    r.without_extremes()
    shape = r.shape(low=1, least=1)
    return [r.reals(shape), r.reals(shape[-1:])], {}


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


def draw_conv1d(r):
    kernel, dilation, groups = r.integer(1, 4), r.integer(1, 3), r.choice([1, 1, 2, 3])
    ends = [r.integer(0, 2), r.integer(0, 2)]
    length = max(1, (kernel - 1) * dilation + 1 - sum(ends)) + r.integer(0, 6)
    weight = (kernel, r.integer(1, 4), groups * r.integer(1, 4))
    x = [r.reals((r.integer(1, 3), length, groups * weight[1])), r.reals(weight)]
    return x + ([r.reals(weight[2:])] if r.flag(.7) else []), {
        "ends": ends, "stride": r.integer(1, 3), "dilation": dilation, "groups": groups}


def conv1d(x, o):
    sequences, weight = image.contiguous(x[0].transpose(1, 2)), image.contiguous(x[1].permute(2, 1, 0))
    return F.conv1d(F.pad(sequences, o["ends"]), weight, x[2] if len(x) > 2 else None, o["stride"],
                    dilation=o["dilation"], groups=o["groups"]).transpose(1, 2)


def draw_transposed(r):
    """Of padding that is the same on both sides: PyTorch has no other."""
    kernel, dilation, stride = ([r.integer(1, 3), r.integer(1, 3)] for _ in range(3))
    groups, filters, channels = r.choice([1, 1, 2]), r.integer(1, 4), r.integer(1, 4)
    pads = [r.integer(0, (dilation[i] * (kernel[i] - 1)) // 2) for i in range(2)]
    weight = (*kernel, filters, groups * channels)
    x = [r.reals((r.integer(1, 3), r.integer(1, 4), r.integer(1, 4), groups * channels)), r.reals(weight)]
    return x + ([r.reals((groups * filters,))] if r.flag(.7) else []), {
        "stride": stride, "dilation": dilation, "groups": groups, "padding": [pads[0], pads[0], pads[1], pads[1]],
        "output_padding": [r.integer(0, stride[i] - 1) for i in range(2)]}


def transposed(x, o):
    images, weight = image.contiguous(to_nchw(x[0])), image.contiguous(x[1].permute(3, 2, 0, 1))
    return to_nhwc(F.conv_transpose2d(images, weight, x[2] if len(x) > 2 else None, o["stride"],
                                      (o["padding"][0], o["padding"][2]), o["output_padding"], o["groups"],
                                      o["dilation"]))


def draw_pool(r, draw=image.draw_pool):
    x, o = draw(r)
    if r.flag(.2):
        o["same"] = True
    if r.flag(.2):
        del o["stride"]
    return x, o


def pool(op, draw=image.draw_pool):
    def reference(x, o):
        o = {"stride": o["window"]} | o
        if o.get("same"):
            o["padding"] = same_padding(x[0].shape[1:3], o["window"], o["stride"])
        return op(x, o)
    return Entry(lambda r: draw_pool(r, draw), reference)


def draw_images(r):
    return [r.reals((r.integer(1, 3), r.size(), r.size(), r.size()))], {}


def draw_adaptive_pool(r):
    return draw_images(r.without_extremes())[0], {"size": [r.integer(1, 7), r.integer(1, 7)]}


def draw_upsample(r):
    """Of sizes where PyTorch's nearest, found in float32, is the nearest."""
    (x,), o = draw_images(r.without_extremes())[0], {"bilinear": r.flag(.6)}
    o["align_corners"] = o["bilinear"] and r.flag()
    if r.flag():
        return [x], o | {"scale": [r.integer(1, 4), r.integer(1, 4)]}
    return [x], o | {"size": [r.integer(1, 9), r.integer(1, 9)]}


def upsample(x, o):
    size = o.get("size") or [n * s for n, s in zip(x[0].shape[1:3], o["scale"])]
    corners = {"align_corners": o["align_corners"]} if o["bilinear"] else {}
    return to_nhwc(nn.Upsample(size, mode="bilinear" if o["bilinear"] else "nearest", **corners)(to_nchw(x[0])))


# ---- shapes ----
def draw_reshape(r):
    shape = r.shape(low=2, high=4, least=1)
    return [r.reals(shape)], {"shape": r.choice([[-1], [*reversed(shape[1:])], [shape[1], -1, 1]])}


def draw_permute(r):
    shape = r.shape(low=2, high=4, least=1)
    return [r.reals(shape)], {"axes": [int(axis) + 1 for axis in r.random.permutation(len(shape) - 1)]}


# ---- normalisation: channels are last here, and second there ----
def draw_norm(r, low=2, pixels=1, axes=False, **options):
    """x with two rows or more, and weights of its channels or of its last axes. Constant channels are among the cases: there
    epsilon is what x is divided by, and must not be so small that rounding shows."""
    r.without_extremes()
    channels = max(2, r.size()) if axes else r.size()  # a row of one number is its own mean: nothing but rounding is left
    shape = (r.integer(2, 4),) + tuple(r.integer(pixels, 4) for _ in range(r.integer(low, 4) - 2)) + (channels,)
    o = {"epsilon": r.choice([1e-2, .5])} | options
    if axes:
        o["axes"] = r.integer(1, len(shape) - 1)
    weights = shape[-o.get("axes", 1):]
    return [r.reals(shape)] + ([r.reals(weights), r.reals(weights)] if r.flag(.7) else []), o


def draw_batch_norm(r):
    return draw_norm(r, training=r.flag(.7))


def draw_group_norm(r):
    x, o = draw_norm(r)
    channels = x[0].shape[-1]
    return x, o | {"groups": r.choice([g for g in range(1, channels + 1) if channels % g == 0])}


def draw_rms_norm(r):
    x, o = draw_norm(r, axes=True)
    return x[:2], o


def by_channels(op):
    """op(x with channels second, weight, bias, options)."""
    def reference(x, o):
        weight, bias = (x + [None, None])[1:3]
        return op(x[0].movedim(-1, 1), weight, bias, o).movedim(1, -1)
    return reference


def batch_norm(x, weight, bias, o):
    zeros, ones = torch.zeros(x.shape[1], dtype=x.dtype), torch.ones(x.shape[1], dtype=x.dtype)
    return F.batch_norm(x, zeros, ones, weight, bias, training=o["training"], eps=o["epsilon"])


def layer_norm(x, o):
    return F.layer_norm(x[0], x[0].shape[-o["axes"]:], *(x + [None, None])[1:3], eps=o["epsilon"])


def rms_norm(x, o):
    mean = x[0].square().mean(tuple(range(-o["axes"], 0)), keepdim=True)
    y = x[0] / (mean + o["epsilon"]).sqrt()
    return y * x[1] if len(x) > 1 else y


# ---- layers of layers ----
def draw_residual(r):
    n, i, k = (r.size() for _ in range(3))
    return [r.reals((n, i)), r.reals((i, k)), r.reals((k,)), r.reals((i, k))], {}


def draw_concat(r):
    shape = r.shape(low=2, high=4, least=1)
    axis = r.integer(1, len(shape) - 1)
    width = shape[-1] if axis < len(shape) - 1 else r.size()
    return [r.reals(shape), r.reals((shape[-1], width))], {"axis": r.choice([axis, axis - len(shape)])}


def draw_parallel(r):
    n, i = r.size(), r.size()
    o = {} if r.flag(.3) else {r.choice(["mean", "product"]): True}
    return [r.reals((n, i)), r.reals((i, i)), r.reals((i, i))], o


def parallel(x, o):
    a, b, c = x[0], linear(x[0], x[1], None), linear(x[0], x[2], None)
    return a * b * c if o.get("product") else (a + b + c) / (3 if o.get("mean") else 1)


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
    "nn::LogSoftmax": activation(nn.LogSoftmax(-1)),
    "nn::SELU": elementwise.TABLE["selu"],
    "nn::SiLU": elementwise.TABLE["silu"],
    "nn::Mish": elementwise.TABLE["mish"],
    "nn::Softsign": elementwise.TABLE["softsign"],
    "nn::HardSigmoid": elementwise.TABLE["hard_sigmoid"],
    "nn::HardSwish": elementwise.TABLE["hard_swish"],
    "nn::LeakyReLU": elementwise.activation(nn.LeakyReLU(.3)),
    "nn::ELU": elementwise.activation(nn.ELU()),
    "nn::CELU": elementwise.activation(nn.CELU()),
    "nn::Softplus": elementwise.activation(nn.Softplus(threshold=1e9)),
    "nn::GLU": Entry(draw_glu, lambda x, o: nn.GLU(-1)(x[0]), scale=1),
    "nn::PReLU": Entry(draw_prelu, lambda x, o: torch.where(x[0] > 0, x[0], x[0] * x[1]), scale=1),
    "nn::Reshape": Entry(draw_reshape, lambda x, o: nn.Unflatten(1, o["shape"])(x[0].flatten(1))),
    "nn::Permute": Entry(draw_permute, lambda x, o: x[0].permute(0, *o["axes"])),
    "nn::Lambda": Entry(lambda r: ([r.reals(r.shape())], {}), lambda x, o: x[0] * x[0] * x[0]),
    "nn::Flatten": Entry(lambda r: ([r.reals(r.shape(low=2, least=1))], {}), lambda x, o: nn.Flatten()(x[0])),
    "nn::GlobalAvgPool2d": Entry(draw_images, lambda x, o: nn.AdaptiveAvgPool2d(1)(to_nchw(x[0])).flatten(1)),
    "nn::Dropout": Entry(lambda r: ([r.reals(r.shape(low=1))], {"rate": r.choice([0., .25, .9])}),
                         lambda x, o: nn.Dropout(o["rate"]).eval()(x[0])),
    "nn::Dropout2d": Entry(lambda r: ([r.reals(r.shape(low=2))], {"rate": r.choice([0., .25, .9])}),
                           lambda x, o: nn.Dropout2d(o["rate"]).eval()(x[0])),
    "nn::StochasticDepth": Entry(lambda r: ([r.reals(r.shape(low=1))], {"rate": r.choice([0., .25, .9])}),
                                 lambda x, o: x[0]),
    "nn::Conv1d": Entry(draw_conv1d, conv1d),
    "nn::ConvTranspose2d": Entry(draw_transposed, transposed),
    "nn::Dense": Entry(draw_dense, lambda x, o: linear(x[0], x[1], x[2] if len(x) > 2 else None)),
    "nn::Conv2d": Entry(draw_conv2d, conv2d),
    "nn::MaxPool2d": pool(image.max_pool2d),
    "nn::AvgPool2d": pool(image.avg_pool2d, image.draw_avg_pool),
    "nn::GlobalMaxPool2d": Entry(draw_images, lambda x, o: nn.AdaptiveMaxPool2d(1)(to_nchw(x[0])).flatten(1)),
    "nn::AdaptiveAvgPool2d": Entry(draw_adaptive_pool, lambda x, o: to_nhwc(
        nn.AdaptiveAvgPool2d(o["size"])(to_nchw(x[0])))),
    "nn::Upsample": Entry(draw_upsample, upsample),
    "nn::BatchNorm": Entry(draw_batch_norm, by_channels(batch_norm), scale=1),
    "nn::InstanceNorm": Entry(lambda r: draw_norm(r, low=3, pixels=2), by_channels(
        lambda x, weight, bias, o: F.instance_norm(x, weight=weight, bias=bias, eps=o["epsilon"])), scale=1),
    "nn::GroupNorm": Entry(draw_group_norm, by_channels(
        lambda x, weight, bias, o: F.group_norm(x, o["groups"], weight, bias, o["epsilon"])), scale=1),
    "nn::LayerNorm": Entry(lambda r: draw_norm(r, axes=True), layer_norm, scale=1),
    "nn::RMSNorm": Entry(draw_rms_norm, rms_norm, scale=1),
    "nn::Residual": Entry(draw_residual, lambda x, o: linear(*x[:3]).tanh() + linear(x[0], x[3], None), scale=1),
    "nn::Concat": Entry(draw_concat, lambda x, o: torch.cat([x[0], linear(x[0], x[1], None)], o["axis"])),
    "nn::Parallel": Entry(draw_parallel, parallel),
    "nn::Sequential": Entry(draw_network, network),
}
