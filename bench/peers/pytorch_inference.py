"""The article's network at work in PyTorch: what bench/inference.sh compares bench/convnet_inference with.

Prints one JSON line: images per second in batches, the time that one image takes, and a checksum of the logits of fixed
images and weights, which must agree with ours.
"""
import statistics

import torch

import common
import pytorch_model


def main():
    options = common.parser(__doc__, pytorch_model.SETTINGS)
    options.add_argument("--batch", type=int, default=1000)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    layout = pytorch_model.memory_format(args.setting)
    model = pytorch_model.convnet(0.5)
    pytorch_model.set_golden_weights(model)
    model = pytorch_model.compiled(args.setting, model.to(memory_format=layout).eval())
    images = pytorch_model.from_ours(common.golden_images(args.batch)).contiguous(memory_format=layout)
    image = images[:1].contiguous(memory_format=layout)
    with torch.inference_mode():
        one = common.repeat(lambda: model(image), warmup=50, calls=500)
        all_images = common.repeat(lambda: model(images), calls=15, seconds=1)
        logits = model(images)
    common.print_result(pytorch_model.peer(args.setting), latency_ms=statistics.median(one),
                        images_per_s=1e3 * args.batch / statistics.median(all_images),
                        checksums={"logits": common.checksum(logits)})


if __name__ == "__main__":
    main()
