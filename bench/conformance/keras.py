"""losses/compat/keras.h, of losses that clip or take options of Keras', by the formulas of keras.losses in PyTorch's
ops. x is [target, prediction], or [prediction] when the option "labels" holds class indices."""
import torch
import torch.nn.functional as F

from case import Entry
from formulas import clamp, power

EPSILON = 1e-7
PREFIX = "losses::compat::keras::"
REDUCTIONS = ["mean", "mean", "sum", "none"]


def draw(kind, sparse=False, focal=False, smoothing=True, logits=True):
    """kind: of target and of a prediction that is no logits, "rows" or "units"."""
    def draw_case(r):
        n, k = r.integer(1, 5), r.size() + 1
        o = {"reduction": r.choice(REDUCTIONS), "from_logits": logits and r.flag()}
        if smoothing and r.flag(.3):
            o["label_smoothing"] = r.choice([.1, .5, 1.])
        if r.flag(.3):
            o["sample_weight"] = r.rounded(r.random.choice([0, .5, 1, 2], n))
        if focal:
            o["gamma"] = r.choice([0., .5, 1., 2., 3.])
            if r.flag(.4):
                o["alpha"] = r.rounded(r.random.uniform(.1, 1, k)) if kind == "rows" else r.choice([.25, .5, 1.])
        # A logit of -inf is a probability of 0, whose product with a target of 0 is Keras' NaN and our 0.
        prediction = r.without_extremes().logits((n, k)) if o["from_logits"] else getattr(r, kind)((n, k))
        if not sparse:
            return [getattr(r, kind)((n, k)), prediction], o
        o["labels"] = r.indices(k, (n,))
        if r.flag(.3):
            o["ignore_class"] = r.choice([-1, r.integer(0, k - 1)])
            o["labels"] = r.random.choice([o["ignore_class"], *o["labels"]], n).astype("int64")
        return [prediction], o
    return draw_case


def loss(rows, of_logits=None, classes=None):
    """rows(p, q, o): the loss of each sample; of_logits(p, z, o): the same, where Keras has a form of its own. classes:
    what the uniform distribution of label smoothing is over, else the last axis."""
    def reference(x, o):
        counted = torch.ones(len(x[-1]), dtype=torch.bool)
        if "labels" in o:
            counted = o["labels"] != o.get("ignore_class", -100)
            p = F.one_hot(torch.where(counted, o["labels"], 0), x[0].shape[1]).to(x[0].dtype)
        else:
            p = x[0]
        s = o.get("label_smoothing", 0)
        p = p * (1 - s) + s / (classes or p.shape[1])
        weight = torch.where(counted, o["sample_weight"] if "sample_weight" in o else torch.ones_like(p[:, 0]), 0)
        p, z = (torch.where(weight[:, None] > 0, value, 1. / value.shape[1]) for value in (p, x[-1]))
        if not o["from_logits"]:
            losses = rows(p, z, o)
        else:
            losses = of_logits(p, z, o) if of_logits else rows(p, z.sigmoid() if classes else z.softmax(1), o)
        losses = torch.where(weight > 0, losses, 0) * weight
        how = o["reduction"]
        return losses if how == "none" else losses.sum() if how == "sum" else losses.sum() / max(1, counted.sum())
    return reference


def normalized(q):
    return clamp(q / q.sum(1, keepdim=True), EPSILON, 1 - EPSILON)


def binary_elements(p, q):
    q = clamp(q, EPSILON, 1 - EPSILON)
    return -p * q.log() - (1 - p) * (1 - q).log()


def binary_focal(p, q, o):
    elements = power(1 - p * q - (1 - p) * (1 - q), o["gamma"]) * binary_elements(p, q)
    return (elements * (o["alpha"] * p + (1 - o["alpha"]) * (1 - p)) if "alpha" in o else elements).mean(1)


def categorical_focal(p, q, o):
    q = normalized(q)
    return -(o.get("alpha", .25) * p * power(1 - q, o["gamma"]) * q.log()).sum(1)


def kl_divergence(p, q, o):
    p, q = clamp(p, EPSILON, 1), clamp(q, EPSILON, 1)
    return (p * (p / q).log()).sum(1)


CATEGORICAL = loss(lambda p, q, o: -(p * normalized(q).log()).sum(1),
                   of_logits=lambda p, z, o: -(p * z.log_softmax(1)).sum(1))
BINARY = loss(lambda p, q, o: binary_elements(p, q).mean(1), classes=2,
              of_logits=lambda p, z, o: -(p * F.logsigmoid(z) + (1 - p) * F.logsigmoid(-z)).mean(1))

TABLE = {
    PREFIX + "categorical_crossentropy": Entry(draw("rows"), CATEGORICAL, scale=1),
    PREFIX + "sparse_categorical_crossentropy": Entry(draw("rows", sparse=True, smoothing=False), CATEGORICAL, scale=1),
    PREFIX + "binary_crossentropy": Entry(draw("units"), BINARY, scale=1),
    PREFIX + "categorical_focal_crossentropy": Entry(draw("rows", focal=True), loss(categorical_focal), scale=1),
    PREFIX + "binary_focal_crossentropy": Entry(draw("units", focal=True), loss(binary_focal, classes=2), scale=1),
    PREFIX + "kl_divergence": Entry(draw("rows", smoothing=False, logits=False), loss(kl_divergence), scale=1),
}
