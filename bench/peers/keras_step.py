"""The article's training step in Keras on TensorFlow. See pytorch_step.py for what is timed and printed.

The step is one tf.function from uint8 images to new weights, which is faster than Keras' train_on_batch by some
milliseconds; `graph` runs TensorFlow's own kernels, and `xla` compiles the same function (jit_compile).
"""
import math
import os

import common


def main():
    args = common.step_options(__doc__, ["graph", "xla"])
    common.limit_processors(args.threads)
    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    xla = args.setting == "xla"

    def convnet(dropout):
        layers = keras.layers
        return keras.Sequential([
            keras.Input((32, 32, 3)),
            layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2), layers.Dropout(dropout),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Dropout(dropout),
            layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dense(10)])

    loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def make_step(model, adam):
        """A function of images and labels that returns the loss; compiled by the caller."""
        def step(images, labels):
            with tf.GradientTape() as tape:
                loss = loss_function(labels, model(images, training=True))
            adam.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            return loss
        return step

    def loss_after_five_steps():
        """Keras adds epsilon before the second moment is corrected; scaled by sqrt(1 - beta2^t) it is our formula."""
        model = convnet(0.0)
        model.set_weights(common.golden_parameters())
        adam = keras.optimizers.Adam(1e-3)
        adam.build(model.trainable_variables)
        images, labels = tf.constant(common.golden_images(args.batch)), tf.constant(common.golden_labels(args.batch))
        for t in range(1, 7):  # the sixth loss is the one after five steps
            adam.epsilon = 1e-7 * math.sqrt(1 - 0.999**t)
            loss = tf.function(make_step(model, adam), jit_compile=xla)(images, labels)
        return float(loss)

    pixels, labels = map(tf.constant, common.pool())
    indices = common.batch_indices(args.batch)
    model = convnet(0.5)
    adam = keras.optimizers.Adam(1e-3, epsilon=1e-7)
    adam.build(model.trainable_variables)
    step = make_step(model, adam)

    @tf.function(jit_compile=xla)
    def whole_step(index):
        return step(tf.cast(tf.gather(pixels, index), tf.float32) / 255, tf.gather(labels, index))

    times = common.repeat(lambda: float(whole_step(tf.constant(next(indices)))), args.warmup, args.steps)
    verified = {"loss_after_5_steps": loss_after_five_steps()} if args.verify else {}
    common.print_result(f"keras {keras.__version__} tensorflow {tf.__version__} {args.setting}", times, **verified)


if __name__ == "__main__":
    main()
