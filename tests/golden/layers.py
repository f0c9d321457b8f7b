"""Golden values of norms and activations: writes layers.json, which tests/nn/golden_layers_test.cpp compares with.
PyTorch 2.15:

    python3 tests/golden/layers.py

"after training" is in evaluation, after three batches of training with the inputs that are seeded with 101, 102 and 103.
"""
import torch
import torch.nn.functional as F
from torch import nn

from layer_cases import by_channels, case, input_numbers, write

PICTURES, ROWS, CHANNELS = (2, 2, 3, 4), (3, 4), (4,)
AFFINE = {"weight": CHANNELS, "bias": CHANNELS}


# ---- norms ----
def batch_norm(x, weight=None, bias=None):
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=1e-3)


def batch_norm_after_training(momentum, eps, unbiased):
    """PyTorch's running variance divides by the count less 1; as Keras has it, it is made by hand."""
    mean, var = torch.zeros(CHANNELS), torch.ones(CHANNELS)
    for step in range(1, 4):
        x = input_numbers(PICTURES, step)
        batch_var, batch_mean = torch.var_mean(x, (0, 1, 2), correction=int(unbiased))
        if unbiased:
            F.batch_norm(x.movedim(-1, 1), mean, var, training=True, momentum=momentum)
        else:
            mean, var = (momentum * of_batch + (1 - momentum) * average
                         for of_batch, average in ((batch_mean, mean), (batch_var, var)))
    values = case(by_channels(lambda x, w, b: F.batch_norm(x, mean, var, w, b, eps=eps)), PICTURES, AFFINE)
    return values | {"steps": 3, "running_mean": mean.tolist(), "running_var": var.tolist()}


def normed(op, shape=PICTURES, parameters=None):
    """op(x with channels second, weight, bias)."""
    return case(by_channels(op), shape, AFFINE if parameters is None else parameters)


NORMS = {
    "BatchNorm in training": case(by_channels(batch_norm), PICTURES, AFFINE, training=True),
    "BatchNorm of rows in training, not affine": case(batch_norm, ROWS, training=True),
    "BatchNorm after training, as in Keras": batch_norm_after_training(.01, 1e-3, unbiased=False),
    "BatchNorm after training, as in PyTorch": batch_norm_after_training(.1, 1e-5, unbiased=True),
    "LayerNorm": case(lambda x, w, b: F.layer_norm(x, CHANNELS, w, b, 1e-5), ROWS, AFFINE),
    "LayerNorm of three axes": case(lambda x, w, b: F.layer_norm(x, PICTURES[1:], w, b, 1e-3), PICTURES,
                                    {"weight": PICTURES[1:], "bias": PICTURES[1:]}),
    "GroupNorm of two groups": normed(lambda x, w, b: F.group_norm(x, 2, w, b, 1e-5)),
    "GroupNorm of one group": normed(lambda x, w, b: F.group_norm(x, 1, w, b, 1e-3)),
    "InstanceNorm": normed(lambda x: F.instance_norm(x, eps=1e-3), parameters={}),
    "InstanceNorm, affine": normed(lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=1e-5)),
    "RMSNorm": case(lambda x, w: F.rms_norm(x, CHANNELS, w, 1e-6), ROWS, {"weight": CHANNELS}),
    "RMSNorm of three axes": case(lambda x, w: F.rms_norm(x, PICTURES[1:], w, 1e-3), PICTURES,
                                  {"weight": PICTURES[1:]}),
}


# ---- activations ----
ACTIVATIONS = {
    "LeakyReLU": nn.LeakyReLU(.3),
    "LeakyReLU, slope 0.01": nn.LeakyReLU(),
    "ELU": nn.ELU(),
    "ELU, alpha 0.5": nn.ELU(.5),
    "SELU": nn.SELU(),
    "CELU": nn.CELU(),
    "CELU, alpha 0.5": nn.CELU(.5),
    "SiLU": nn.SiLU(),
    "Mish": nn.Mish(),
    "Softplus": nn.Softplus(),
    "Softplus, beta 3": nn.Softplus(beta=3),
    "Softsign": nn.Softsign(),
    "HardSigmoid": lambda x: F.relu6(x + 3) / 6,  # nn.Hardsigmoid has no second derivative
    "HardSwish": nn.Hardswish(),
    "GELU": nn.GELU(),
    "GELU, tanh": nn.GELU(approximate="tanh"),
    "LogSoftmax": nn.LogSoftmax(-1),
    "GLU": nn.GLU(-1),
}

write(__file__, NORMS | {name: case(function, ROWS) for name, function in ACTIVATIONS.items()} |
      {"PReLU": case(by_channels(F.prelu), PICTURES, {"weight": CHANNELS})})
