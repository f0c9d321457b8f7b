"""The article's training step in JAX, one jitted function from uint8 images to new weights, with Adam by hand: its
formula is three lines, and JAX has no optimizers of its own. See pytorch_step.py for what is timed and printed.

XLA sizes its pool of threads by the processors that the process may use, so --threads limits those.
"""
import functools

import common


def main():
    args = common.step_options(__doc__, ["jit"])
    common.limit_processors(args.threads)
    import jax
    import jax.numpy as jnp
    from jax import lax

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_default_prng_impl", "rbg")  # faster masks for dropout than by default

    def conv_relu_pool(x, w, b):
        """Pooling by reshaping: lax.reduce_window is the other way, and half as fast in its backward pass."""
        y = lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        n, height, width, channels = y.shape
        y = jax.nn.relu(y + b)[:, :height // 2 * 2, :width // 2 * 2]
        return y.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))

    def dropout(x, key):
        return x if key is None else jnp.where(jax.random.bernoulli(key, 0.5, x.shape), 2 * x, 0)

    def loss_of(parameters, images, labels, keys):
        w1, b1, w2, b2, w3, b3, w4, b4 = parameters
        x = dropout(conv_relu_pool(images, w1, b1), keys[0])
        x = dropout(conv_relu_pool(x, w2, b2), keys[1])
        logits = jax.nn.relu(x.reshape(len(x), -1) @ w3 + b3) @ w4 + b4
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1))

    def adam(parameters, gradients, state):
        first, second, t = state
        t = t + 1
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients)]
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        moved = [w - 1e-3 * (m / c1) / (jnp.sqrt(v / c2) + 1e-7) for w, m, v in zip(parameters, first, second)]
        return moved, (first, second, t)

    def update(parameters, state, images, labels, keys):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, images, labels, keys)
        return (*adam(parameters, gradients, state), loss)

    @functools.partial(jax.jit, donate_argnums=(0, 1, 2))
    def whole_step(parameters, state, key, pixels, labels, index):
        key, *keys = jax.random.split(key, 3)
        images = pixels[index].astype(jnp.float32) / 255
        return (*update(parameters, state, images, labels[index], keys), key)

    def fresh():
        parameters = [jnp.asarray(w) for w in common.golden_parameters()]
        zeros = [jnp.zeros_like(w) for w in parameters]
        return parameters, (zeros, [jnp.zeros_like(w) for w in parameters], jnp.zeros(()))

    def loss_after_five_steps():
        parameters, state = fresh()
        images, labels = jnp.asarray(common.golden_images(args.batch)), jnp.asarray(common.golden_labels(args.batch))
        step = jax.jit(functools.partial(update, images=images, labels=labels, keys=(None, None)))
        for _ in range(6):  # the sixth loss is the one after five steps
            parameters, state, loss = step(parameters, state)
        return float(loss)

    pixels, labels = map(jnp.asarray, common.pool())
    indices = common.batch_indices(args.batch)
    parameters, state = fresh()
    key = jax.random.key(0)

    def one_step():
        nonlocal parameters, state, key
        parameters, state, loss, key = whole_step(parameters, state, key, pixels, labels, next(indices))
        loss.item()

    times = common.repeat(one_step, args.warmup, args.steps)
    verified = {"loss_after_5_steps": loss_after_five_steps()} if args.verify else {}
    common.print_result(f"jax {jax.__version__} {args.setting}", times, **verified)


if __name__ == "__main__":
    main()
