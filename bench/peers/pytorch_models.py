"""A training step of whole networks in PyTorch: what bench/models.sh compares bench/models with.

The same networks, weights, batches and optimizers; eager or compiled, contiguous images or channels_last. Prints a JSON
line per network and setting: milliseconds per step, and the loss after five steps from fixed weights.
"""
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import common
import pytorch_model


def conv_norm(channels, out, kernel, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(out))


class Block(nn.Module):
    """inner(x) + x, or + a projection of x where the shape changes, and a ReLU."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.inner = nn.Sequential(conv_norm(channels, out, 3, stride), nn.ReLU(), conv_norm(out, out, 3))
        self.shortcut = conv_norm(channels, out, 1, stride) if channels != out else nn.Identity()

    def forward(self, x):
        return functional.relu(self.inner(x) + self.shortcut(x))


def resnet20():
    layers, channels = [conv_norm(3, 16, 3), nn.ReLU()], 16
    for width in [16, 32, 64]:
        for _ in range(3):
            layers.append(Block(channels, width, 1 if width == channels else 2))
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def speed_run_convnet():
    layers, channels = [nn.Conv2d(3, 24, 2), nn.GELU()], 24
    for width in [64, 256, 256]:
        layers += [nn.Conv2d(channels, width, 3, padding="same", bias=False), nn.MaxPool2d(2),
                   nn.BatchNorm2d(width, momentum=0.4), nn.GELU(),
                   nn.Conv2d(width, width, 3, padding="same", bias=False), nn.BatchNorm2d(width, momentum=0.4), nn.GELU()]
        channels = width
    return nn.Sequential(*layers, nn.MaxPool2d(3), nn.Flatten(), nn.Linear(channels, 10, bias=False))


def separable_convnet():
    layers = [conv_norm(3, 32, 3), nn.ReLU()]
    for channels, out, stride in [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1)]:
        layers += [conv_norm(channels, channels, 3, stride, groups=channels), nn.ReLU(),
                   conv_norm(channels, out, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


def autoencoder():
    layers = []
    for channels, out in [(3, 32), (32, 64), (64, 128)]:
        layers += [nn.Conv2d(channels, out, 4, 2, 1), nn.ReLU()]
    for channels, out in [(128, 64), (64, 32), (32, 3)]:
        layers += [nn.ConvTranspose2d(channels, out, 4, 2, 1), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.Sigmoid())


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(400, 20), nn.Linear(400, 20)
        self.decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))

    def forward(self, x, noise):
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        return self.decoder(mean + torch.exp(0.5 * log_variance) * noise), mean, log_variance


def vae_loss(model, x, noise):
    logits, mean, log_variance = model(x, noise)
    pixels = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return (pixels + 0.5 * (log_variance.exp() - 1 - log_variance + mean.square()).sum()) / len(x)


def images(batch):
    return pytorch_model.from_ours(common.golden_images(batch))


def rows(batch, width=784, seed=100, scale=1.0, shift=0.5):
    return torch.from_numpy((scale * common.golden_numbers(seed, (batch, width)) + shift).astype(np.float32))


def adam(model):
    return torch.optim.Adam(model.parameters(), lr=1e-3)


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)


def classifier(make_model, make_input, optimizer, batch):
    inputs = [make_input(batch), torch.from_numpy(common.golden_labels(batch))]
    return make_model(), lambda model, x, y: functional.cross_entropy(model(x), y), inputs, optimizer


def vae(batch):
    return VAE(), vae_loss, [rows(batch), rows(batch, 20, 101, math.sqrt(12), 0)], adam


# A network's name here and in bench/models.cpp: its batch, and what makes (model, loss, inputs, optimizer) for it.
NETWORKS = {
    "speed_run_convnet": (250, lambda n: classifier(speed_run_convnet, images, sgd, n)),
    "resnet20": (128, lambda n: classifier(resnet20, images, sgd, n)),
    "separable_convnet": (64, lambda n: classifier(separable_convnet, images, sgd, n)),
    "mlp": (128, lambda n: classifier(mlp, rows, adam, n)),
    "autoencoder": (64, lambda n: (autoencoder(), lambda model, x: functional.mse_loss(model(x), x), [images(n)], adam)),
    "vae": (128, vae),
}


def set_golden_weights(model):
    """Weights of matrices and convolutions; the other parameters are 0, or 1 for a scale."""
    seed = 1
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                shape = pytorch_model.weight_to_ours(parameter).shape
                parameter.copy_(pytorch_model.weight_from_ours(common.golden_parameter(seed, shape)))
                seed += 1
            elif name.endswith("bias"):
                parameter.zero_()


def make_step(network, batch, setting):
    model, loss_of, inputs, optimizer = network(batch)
    set_golden_weights(model)
    layout = pytorch_model.memory_format(setting)
    model = model.to(memory_format=layout)
    inputs = [x.contiguous(memory_format=layout) if x.dim() == 4 else x for x in inputs]
    optimizer = optimizer(model)
    compiled = pytorch_model.compiled(setting, lambda *inputs: loss_of(model, *inputs))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = compiled(*inputs)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main():
    options = common.parser(__doc__, pytorch_model.SETTINGS)
    options.add_argument("--only", default="", help="the networks whose names contain this")
    options.add_argument("--batch", type=int, default=0, help="rows, in place of the usual")
    options.add_argument("--steps", type=int, default=7, help="at least so many")
    options.add_argument("--seconds", type=float, default=2, help="at least so long")
    options.add_argument("--verify", action="store_true", help="also compute the loss after five fixed steps")
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    for name, (batch, network) in NETWORKS.items():
        pictures = name not in ("mlp", "vae")
        if args.only not in name or (not pictures and "channels_last" in args.setting):
            continue
        batch = args.batch or batch
        step = make_step(network, batch, args.setting)
        # The sixth loss is the one after five steps.
        verified = {"loss_after_5_steps": [step() for _ in range(6)][-1]} if args.verify else {}
        times = common.repeat(step, 3, args.steps, args.seconds)
        common.print_result(pytorch_model.peer(args.setting), times, shape=name, batch=batch, **verified)


if __name__ == "__main__":
    main()
