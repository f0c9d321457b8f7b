"""The article's training step in PyTorch: what bench/run.sh compares bench/convnet_step with.

Same network, batch, optimizer and dropout; batches are gathered from uint8 images and scaled inside the timed step, as
in ours. Prints one JSON line: milliseconds per step (median over the timed steps) and the loss after five steps without
dropout on a fixed batch from fixed weights, which must agree with ours.
"""
import torch
from torch import nn

import common
import pytorch_model


def make_step(model, setting):
    """One step on images and labels; forward and loss are what torch.compile sees, as in PyTorch's tutorials."""
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
    loss_of = pytorch_model.compiled(setting, lambda x, y: nn.functional.cross_entropy(model(x), y))

    def step(images, labels):
        adam.zero_grad(set_to_none=True)
        loss = loss_of(images, labels)
        loss.backward()
        adam.step()
        return loss.item()

    return step


def loss_after_five_steps(batch, setting):
    model = pytorch_model.convnet(0.0)
    pytorch_model.set_golden_weights(model)
    layout = pytorch_model.memory_format(setting)
    step = make_step(model.to(memory_format=layout), setting)
    images = pytorch_model.from_ours(common.golden_images(batch)).contiguous(memory_format=layout)
    labels = torch.from_numpy(common.golden_labels(batch))
    return [step(images, labels) for _ in range(6)][-1]  # the sixth loss is the one after five steps


def main():
    args = common.step_options(__doc__, pytorch_model.SETTINGS)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    layout = pytorch_model.memory_format(args.setting)
    step = make_step(pytorch_model.convnet(0.5).to(memory_format=layout), args.setting)
    pixels, labels = common.pool()
    pixels = pytorch_model.from_ours(pixels).contiguous(memory_format=layout)
    labels = torch.from_numpy(labels)
    indices = common.batch_indices(args.batch)

    def whole_step():
        index = torch.from_numpy(next(indices))
        step((pixels[index].float() / 255).contiguous(memory_format=layout), labels[index])

    times = common.repeat(whole_step, args.warmup, args.steps)
    verified = {"loss_after_5_steps": loss_after_five_steps(args.batch, args.setting)} if args.verify else {}
    common.print_result(pytorch_model.peer(args.setting), times, **verified)


if __name__ == "__main__":
    main()
