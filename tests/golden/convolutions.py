"""Golden values of Conv1d, ConvTranspose2d and separable_conv2d: writes convolutions.json, which
tests/nn/golden_layers_test.cpp compares with. PyTorch 2.15:

    python3 tests/golden/convolutions.py

Weights have Keras' shapes: [K, in / groups, out]; transposed [KH, KW, out / groups, in].
"""
import torch.nn.functional as F

from layer_cases import by_channels, case, write


def conv1d(shape, kernel, bias=True, ends=(0, 0), **options):
    function = by_channels(lambda x, w, *b: F.conv1d(F.pad(x, ends), w.permute(2, 1, 0), *b, **options))
    return case(function, shape, {"weight": kernel} | ({"bias": kernel[-1:]} if bias else {}))


def transposed(shape, kernel, bias=True, groups=1, **options):
    def function(x, w, *b):
        return F.conv_transpose2d(x, w.permute(3, 2, 0, 1), *b, groups=groups, **options)
    filters = (groups * kernel[2],)
    return case(by_channels(function), shape, {"weight": kernel} | ({"bias": filters} if bias else {}))


def separable(x, depthwise, pointwise, bias):
    hidden = F.conv2d(x, depthwise.permute(3, 2, 0, 1), stride=2, padding=1, groups=x.shape[1])
    return F.conv2d(hidden, pointwise.permute(3, 2, 0, 1), bias)


SEQUENCES, PICTURES = (2, 7, 2), (2, 3, 2, 2)
write(__file__, {
    "Conv1d": conv1d(SEQUENCES, (3, 2, 4)),
    "Conv1d, stride 2, padding 1": conv1d(SEQUENCES, (3, 2, 4), stride=2, padding=1),
    "Conv1d, same": conv1d(SEQUENCES, (3, 2, 4), padding="same", dilation=2),
    "Conv1d, causal": conv1d(SEQUENCES, (3, 2, 4), ends=(4, 0), dilation=2),
    "Conv1d, depthwise, no bias": conv1d(SEQUENCES, (3, 1, 4), bias=False, groups=2),
    "ConvTranspose2d": transposed(PICTURES, (3, 2, 3, 2)),
    "ConvTranspose2d, stride 2": transposed(PICTURES, (3, 3, 3, 2), stride=2),
    "ConvTranspose2d, output padding": transposed(PICTURES, (3, 3, 3, 2), stride=2, padding=1, output_padding=1),
    "ConvTranspose2d, sides that differ": transposed(PICTURES, (3, 2, 3, 2), stride=(3, 2), padding=(1, 0),
                                                     output_padding=(2, 0), dilation=(1, 2)),
    "ConvTranspose2d, stride above kernel": transposed(PICTURES, (2, 2, 3, 2), stride=3),
    "ConvTranspose2d, groups, no bias": transposed(PICTURES, (2, 2, 2, 2), bias=False, groups=2, padding=1),
    "separable_conv2d": case(by_channels(separable), (2, 4, 3, 2), {"0.weight": (3, 3, 1, 4), "1.weight": (1, 1, 4, 3),
                                                                    "1.bias": (3,)}),
})
