"""Losses on numbers and of two classes, with PyTorch's losses where it has them, else from formulas in its ops. x is
[target, prediction]; a row has the mean of its elements."""
import torch
import torch.nn.functional as F

from case import Entry
from formulas import huber, in_base, power, reduced

REDUCTIONS = ["mean", "mean", "sum", "none"]


def draw_numbers(r):
    shape = r.shape(low=1, high=3, least=1)
    return [r.reals(shape), r.reals(shape)], {"reduction": r.choice(REDUCTIONS)}


def draw_signs(r):
    shape = r.shape(low=1, high=3, least=1)
    return [r.rounded(r.random.choice([-1, 1], shape)), r.reals(shape)], {"reduction": r.choice(REDUCTIONS)}


def row_means(elements):
    return elements.reshape(len(elements), -1).mean(1)


def elementwise(loss, draw=draw_numbers):
    return Entry(draw, lambda x, o: reduced(row_means(loss(*x)), o), scale=1)


def draw_huber(r):
    x, o = draw_numbers(r)
    return x, o | {"delta": r.choice([.5, 1., 2.])}


# ---- two classes ----
def draw_binary(kind):
    def draw(r):
        shape = r.shape(low=1, high=3, least=1)
        o = {"reduction": r.choice(REDUCTIONS), "bits": r.flag(.2)}
        if r.flag(.3):
            o["label_smoothing"] = r.choice([.1, .5, 1.])
        if r.flag(.3):
            weight = r.random.uniform(.2, 3, shape[-1]) if len(shape) > 1 and r.flag() else r.random.uniform(.2, 3)
            o["positive_weight"] = r.rounded(weight)
        if r.flag(.3):
            o["sample_weights"] = r.rounded(r.random.choice([0, .5, 1, 2], shape[0]))
        return [r.units(shape), getattr(r, kind)(shape)], o
    return draw


def times(a, x):
    """a x, 0 where a is 0 and x infinite."""
    return a * torch.where((a == 0) & ~x.isfinite(), 0, x)


def binary(terms):
    """terms(p, yes, no, z, o): yes and no are p and 1 - p with their weights."""
    def reference(x, o):
        s = o.get("label_smoothing", 0)
        p = x[0] * (1 - s) + s / 2
        yes, no = p * (o["positive_weight"] if "positive_weight" in o else 1), 1 - p
        w = o.get("sample_weights")
        if w is None:
            return in_base(reduced(row_means(terms(p, yes, no, x[1], o)), o), o)
        counts = (w > 0).reshape(-1, *[1] * (p.dim() - 1))
        p, yes, no, z = (torch.where(counts, value, .5) for value in (p, yes, no, x[1]))
        rows = torch.where(w > 0, row_means(terms(p, yes, no, z, o)), 0) * w
        return in_base(reduced(rows, o, w), o)
    return reference


def cross_entropy_of_logits(p, yes, no, z, o):
    return -times(yes, F.logsigmoid(z)) - times(no, F.logsigmoid(-z))


def cross_entropy_of_probabilities(p, yes, no, q, o):
    return -log_times(yes, q) - log_times(no, 1 - q)


def log_times(a, x):
    """a ln x; 0 where both are 0."""
    return a * torch.where((a > 0) | (x > 0), x, 1).log()


def focal_of_logits(p, yes, no, z, o):
    yes, no = sides(yes, no, o)

    def side(a, z):
        log_q = F.logsigmoid(z)
        possible = log_q > -1e4  # elsewhere the factor is 1
        factor = (F.logsigmoid(-z) * o["gamma"]).exp() if o["gamma"] > 0 else torch.ones_like(z)
        return -times(a, torch.where(possible, factor * torch.where(possible, log_q, 0), log_q))
    return side(yes, z) + side(no, -z)


def focal_of_probabilities(p, yes, no, q, o):
    gamma = o["gamma"]
    yes, no = sides(yes, no, o)

    def side(a, q):
        inside = (q < 1) | (gamma == int(gamma))
        return -log_times(a, torch.where(inside, q, 1)) * power(1 - q, gamma)
    return side(yes, q) + side(no, 1 - q)


def sides(yes, no, o):
    return (yes * o["alpha"], no * (1 - o["alpha"])) if "alpha" in o else (yes, no)


def focal(kind, terms):
    plain = draw_binary(kind)

    def draw(r):
        x, o = plain(r)
        o["gamma"] = r.choice([0., .5, 1., 2., 3.])
        return x, o | ({"alpha": r.choice([.25, .5, 1.])} if r.flag() else {})
    return Entry(draw, binary(terms), scale=1)


# ---- Gaussians ----
def draw_gaussians(count):
    def draw(r):
        shape = r.shape(low=1, high=3, least=1)
        r = r.without_extremes()
        return [r.reals(shape) for _ in range(count)], {"reduction": r.choice(REDUCTIONS), "bits": r.flag(.2)}
    return draw


def gaussian_kl(x, o):
    def normal(mean, log_variance):
        return torch.distributions.Normal(mean, (log_variance / 2).exp())
    q = normal(x[2], x[3]) if len(x) > 2 else normal(torch.zeros_like(x[0]), torch.zeros_like(x[0]))
    elements = torch.distributions.kl_divergence(normal(x[0], x[1]), q)
    return in_base(reduced(elements.reshape(len(elements), -1).sum(1), o), o)


def loss_of(function, **options):
    return lambda target, prediction: function(prediction, target, reduction="none", **options)


TABLE = {
    "losses::mean_squared_error": elementwise(loss_of(F.mse_loss)),
    "losses::mean_absolute_error": elementwise(loss_of(F.l1_loss)),
    "losses::hinge": elementwise(lambda y, z: F.relu(1 - y * z), draw_signs),
    "losses::squared_hinge": elementwise(lambda y, z: F.relu(1 - y * z)**2, draw_signs),
    "losses::huber": Entry(draw_huber, lambda x, o: reduced(row_means(
        F.huber_loss(x[1], x[0], reduction="none", delta=o["delta"])), o), scale=1, ours={
            "Huber's kink": lambda x, o: reduced(row_means(huber(x[1] - x[0], o["delta"])), o)}),
    "losses::binary_cross_entropy_with_logits": Entry(draw_binary("logits"), binary(cross_entropy_of_logits), scale=1),
    "losses::binary_cross_entropy_with_probabilities": Entry(draw_binary("units"),
                                                             binary(cross_entropy_of_probabilities), scale=1),
    "losses::binary_focal_loss_with_logits": focal("logits", focal_of_logits),
    "losses::binary_focal_loss_with_probabilities": focal("units", focal_of_probabilities),
    "losses::gaussian_kl_to_standard_normal": Entry(draw_gaussians(2), gaussian_kl, scale=1),
    "losses::gaussian_kl": Entry(draw_gaussians(4), gaussian_kl, scale=1),
}
