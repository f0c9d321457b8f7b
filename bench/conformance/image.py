"""Products, convolution and pooling in PyTorch's spelling. Images are [N, H, W, C] here as in the library; the spelling
turns them, so that gradients come out turned back."""
import numpy as np
import torch
import torch.nn.functional as F

from case import Entry


def to_nchw(x):
    return x.permute(0, 3, 1, 2)


def to_nhwc(x):
    return x.permute(0, 2, 3, 1)


def contiguous(x):
    """PyTorch's second derivatives of a convolution refuse what only looks contiguous, axes of size 1 left out."""
    return x.clone(memory_format=torch.contiguous_format)


# ---- products ----
def draw_matmul(r):
    m, k, n = (r.size(least=0) for _ in range(3))
    if r.flag(.15):
        m, k, n = (r.integer(30, 130) for _ in range(3))
    a_batch, b_batch = [shape[:2] for shape in r.broadcasting()] if r.flag() else [(), ()]
    if len(a_batch + b_batch) and r.flag(.2):
        b_batch = a_batch
    try:
        np.broadcast_shapes(a_batch, b_batch)
    except ValueError:
        b_batch = ()
    transpose_a, transpose_b = r.flag(.4), r.flag(.4)
    a = a_batch + ((k, m) if transpose_a else (m, k))
    b = b_batch + ((n, k) if transpose_b else (k, n))
    return [r.reals(a), r.reals(b)], {"transpose_a": transpose_a, "transpose_b": transpose_b}


def matmul(x, o):
    return torch.matmul(x[0].mT if o["transpose_a"] else x[0], x[1].mT if o["transpose_b"] else x[1])


def draw_dense(r):
    n, i, k = r.size(), r.size(), r.size()
    return [r.reals((n, i)), r.reals((i, k))] + ([r.reals((k,))] if r.flag(.7) else []), {}


# ---- convolution ----
def draw_window(r, largest=5):
    """A kernel, and stride, dilation and padding [top, bottom, left, right]."""
    kernel = [r.integer(1, largest), r.integer(1, largest)] if r.flag(.4) else [r.choice([1, 2, 3, 3, 5])] * 2
    options = {"stride": [r.integer(1, 3), r.integer(1, 3)] if r.flag(.4) else [1, 1],
               "dilation": [r.integer(1, 3), r.integer(1, 3)] if r.flag(.25) else [1, 1]}
    if r.flag():
        options["padding"] = [r.integer(0, 2)] * 4 if r.flag() else [r.integer(0, 2) for _ in range(4)]
    return kernel, options


def draw_convolution(r):
    """Shapes of an image and a kernel, and options."""
    kernel, o = draw_window(r)
    groups = r.choice([1, 1, 1, 2, 3])
    channels, filters = groups * r.integer(1, 4), groups * r.integer(1, 4)
    if r.flag(.25):  # wide enough for vectors
        groups, channels, filters = r.choice([(1, 3, 32), (1, 16, 16), (1, 32, 16), (16, 16, 16), (32, 32, 64)])
    o["groups"] = groups
    pads = o.get("padding", [0] * 4)
    sizes = [max(1, (kernel[i] - 1) * o["dilation"][i] + 1 - sum(pads[2 * i:2 * i + 2])) + r.integer(0, 6)
             for i in range(2)]
    image = (0 if r.flag(.03) else r.integer(1, 3), *sizes, channels)
    return image, (*kernel, channels // groups, filters), o


def convolution(x, w, o):
    top, bottom, left, right = o.get("padding", [0] * 4)
    padding = (top, left)
    x, w = contiguous(to_nchw(x)), contiguous(w.permute(3, 2, 0, 1))
    if top != bottom or left != right:
        x, padding = F.pad(x, (left, right, top, bottom)), 0
    return to_nhwc(F.conv2d(x, w, stride=o["stride"], padding=padding, dilation=o["dilation"], groups=o["groups"]))


def output_shape(image, kernel, o):
    with torch.no_grad():
        return tuple(convolution(torch.zeros(image), torch.zeros(kernel), o).shape)


def draw_conv2d(r):
    image, kernel, o = draw_convolution(r)
    return [r.reals(image), r.reals(kernel)], o


def draw_conv2d_dx(r):
    image, kernel, o = draw_convolution(r)
    return [r.reals(output_shape(image, kernel, o)), r.reals(kernel)], o | {"image": list(image)}


def draw_conv2d_dw(r):
    image, kernel, o = draw_convolution(r)
    image = (max(image[0], 1), *image[1:])  # images are channels in the reference
    return [r.reals(image), r.reals(output_shape(image, kernel, o))], o | {"kernel": list(kernel)}


def conv2d_dx(x, o):
    image = torch.zeros(o["image"], dtype=x[0].dtype, requires_grad=True)
    return torch.autograd.grad(convolution(image, x[1], o), image, x[0], create_graph=True)[0]


def conv2d_dw(x, o):
    """The correlation of images with gradients is a convolution, with images for channels, the stride for the dilation
    and the dilation for the stride. PyTorch's own gradient of this, the third, refuses some layouts."""
    images, dy = to_nchw(x[0]), to_nchw(x[1])
    top, bottom, left, right = o.get("padding", [0] * 4)
    height, width = o["kernel"][:2]
    parts = [F.conv2d(image.transpose(0, 1), gradient.transpose(0, 1), stride=o["dilation"], dilation=o["stride"])
             for image, gradient in zip(F.pad(images, (left, right, top, bottom)).chunk(o["groups"], 1),
                                        dy.chunk(o["groups"], 1))]
    return torch.cat([part[:, :, :height, :width].permute(2, 3, 0, 1) for part in parts], 3)


def draw_block(r):
    channels, filters = r.choice([(3, 32), (1, 16), (16, 32), (32, 64), (2, 3)])
    kernel = r.choice([2, 3, 3, 5])
    o = {"stride": [1, 1], "dilation": [1, 1], "groups": 1}
    if r.flag(.3):
        o["padding"] = [r.integer(0, 1)] * 4
    image = (r.integer(1, 3), kernel + 1 + r.integer(0, 8), kernel + 1 + r.integer(0, 8), channels)
    return [r.reals(image), r.reals((kernel, kernel, channels, filters)), r.reals((filters,))], o


def block(x, o):
    return to_nhwc(F.max_pool2d(F.relu(to_nchw(convolution(x[0], x[1], o) + x[2])), 2))


# ---- pooling ----
def draw_pool(r):
    window = [r.integer(1, 4), r.integer(1, 4)] if r.flag(.4) else [r.choice([2, 2, 3])] * 2
    o = {"window": window, "stride": [r.integer(1, 3), r.integer(1, 3)] if r.flag(.4) else list(window)}
    if r.flag():
        pad = [r.integer(0, size - 1) for size in (window[0], window[0], window[1], window[1])]
        o["padding"] = [pad[0], pad[0], pad[2], pad[2]] if r.flag() else pad
    pads = o.get("padding", [0] * 4)
    sizes = [max(1, window[i] - sum(pads[2 * i:2 * i + 2])) + r.integer(0, 6) for i in range(2)]
    x = r.reals((r.integer(1, 3), *sizes, r.choice([1, 2, 3, 17])))
    return [np.where(x == -np.inf, r.dtype.type(-1e9), x)], o  # no tie with what PyTorch is padded with


def around(x, o, value):
    """NCHW x with its padding of that value."""
    top, bottom, left, right = o.get("padding", [0] * 4)
    return F.pad(x, (left, right, top, bottom), value=value)


def symmetric(o):
    """Whether PyTorch's pooling has this padding."""
    top, bottom, left, right = o.get("padding", [0] * 4)
    return top == bottom and left == right and 2 * top <= o["window"][0] and 2 * left <= o["window"][1]


def max_pool2d(x, o):
    x = to_nchw(x[0])
    if symmetric(o):
        top, _, left, _ = o.get("padding", [0] * 4)
        return to_nhwc(F.max_pool2d(x, o["window"], o["stride"], (top, left)))
    return to_nhwc(F.max_pool2d(around(x, o, -float("inf")), o["window"], o["stride"]))


def draw_avg_pool(r):
    x, o = draw_pool(r)
    return x, o | {"count_padding": r.flag()}


def avg_pool2d(x, o):
    x, counted = to_nchw(x[0]), o["count_padding"]
    if symmetric(o):
        top, _, left, _ = o.get("padding", [0] * 4)
        return to_nhwc(F.avg_pool2d(x, o["window"], o["stride"], (top, left), count_include_pad=counted))
    if counted:
        return to_nhwc(F.avg_pool2d(around(x, o, 0), o["window"], o["stride"]))
    share = F.avg_pool2d(around(torch.ones_like(x), o, 0), o["window"], o["stride"])
    return to_nhwc(F.avg_pool2d(around(x, o, 0), o["window"], o["stride"]) / share)


TABLE = {
    "matmul": Entry(draw_matmul, matmul),
    "dense": Entry(draw_dense, lambda x, o: F.linear(x[0], x[1].mT, x[2] if len(x) > 2 else None)),
    "conv2d": Entry(draw_conv2d, lambda x, o: convolution(x[0], x[1], o)),
    "conv2d_dx": Entry(draw_conv2d_dx, conv2d_dx),
    "conv2d_dw": Entry(draw_conv2d_dw, conv2d_dw),
    "conv_block": Entry(draw_block, block),
    "max_pool2d": Entry(draw_pool, max_pool2d),
    "avg_pool2d": Entry(draw_avg_pool, avg_pool2d),
}
