"""Losses of classifiers, from formulas in PyTorch's ops. x is [target, prediction], or [prediction] when the option
"labels" holds class indices."""
import numpy as np
import torch
import torch.nn.functional as F

from case import Entry
from formulas import (in_base, jensen_shannon, log_where, p_log_p, p_log_q, power, reduced, relative_entropy,
                      relative_entropy_of_logs)

REDUCTIONS = ["mean", "mean", "sum", "none"]


def draw_categorical(kind, soft_only=False, extremes=True):
    """kind: of the prediction, "logits" or "rows"."""
    def draw(r):
        r = r if extremes else r.without_extremes()
        n, k = r.integer(1, 5), r.size() + 1
        o = {"reduction": r.choice(REDUCTIONS), "bits": r.flag(.2)}
        if r.flag(.3):
            o["label_smoothing"] = r.choice([.1, .5, 1.])
        if r.flag(.3):
            o["class_weights"] = r.rounded(r.random.uniform(.1, 2, k))
        if r.flag(.3):
            o["sample_weights"] = r.rounded(r.random.choice([0, .5, 1, 2], n))
        prediction = getattr(r, kind)((n, k))
        if not soft_only and r.flag():
            o["labels"] = r.indices(k, (n,))
            if r.flag(.3):
                o["ignore_index"] = r.choice([-1, r.integer(0, k - 1)])
                o["labels"] = r.random.choice([o["ignore_index"], *o["labels"]], n).astype("int64")
            return [prediction], o
        rows = r.rows((n, k))
        if r.flag(.2):
            o["normalize_target"], rows = True, r.rounded(rows * 4)
        return [rows, prediction], o
    return draw


def target_of(x, o):
    """Target rows [N, K], smoothed, and the weight of each row."""
    z = x[-1]
    kept = torch.ones(z.shape[0], dtype=torch.bool)
    if "labels" in o:
        kept = o["labels"] != o.get("ignore_index", -100)
        p = F.one_hot(torch.where(kept, o["labels"], 0), z.shape[1]).to(z.dtype)
    else:
        p = x[0] / x[0].sum(-1, keepdim=True) if o.get("normalize_target") else x[0]
    s = o.get("label_smoothing", 0)
    sample = o["sample_weights"] if "sample_weights" in o else torch.ones_like(z[:, 0])
    return p * (1 - s) + s / z.shape[1], torch.where(kept, sample, 0)


def finished(elements, p, sample, o):
    """Elements [N, K], of which rows of weight 0 are left out whatever they hold."""
    w = o["class_weights"] if "class_weights" in o else 1
    rows = torch.where(sample > 0, (w * elements).sum(-1), 0) * sample
    weights = (w * p).sum(-1) * sample if "class_weights" in o else sample
    return in_base(reduced(rows, o, weights), o)


def loss(terms, logits):
    """terms(p, ln q, q): what each class adds."""
    def reference(x, o):
        p, sample = target_of(x, o)
        z, p = (torch.where(sample[:, None] > 0, value, 1. / value.shape[1]) for value in (x[-1], p))
        q = z.softmax(-1) if logits else z
        return finished(terms(p, z.log_softmax(-1) if logits else None, q, o), p, sample, o)
    return reference


def cross_entropy(p, log_q, q, o):
    return cross_logs(p, log_q) if log_q is not None else -p_log_q(p, q)


def cross_logs(p, log_q):
    """-p ln q; 0, with gradient 0, where p = 0 and ln q = -inf."""
    happens = (p > 0) | (log_q > -torch.inf)
    return -p * torch.where(happens, log_q, 0)


def kl_divergence(p, log_q, q, o):
    return p_log_p(p) + cross_logs(p, log_q) if log_q is not None else relative_entropy(p, q)


def reverse_kl(p, log_q, q, o):
    if log_q is not None:
        impossible = (p == 0) & (log_q > -torch.inf)  # q > 0, though it may have underflowed
        finite = q * torch.where(q > 0, log_q, 0) - p_log_q(torch.where(impossible, 0, q), p)
        return torch.where(impossible, torch.inf, finite)
    return relative_entropy(torch.where(q > 0, q, q.detach()), p)


def jeffreys(p, log_q, q, o):
    return kl_divergence(p, log_q, q, o) + reverse_kl(p, log_q, q, o)


def focal(p, log_q, q, o):
    a = p * (o["alpha"] if "alpha" in o else 1)
    logits = log_q is not None
    log_q = torch.where((a > 0) | log_q.isfinite(), log_q, 0) if logits else torch.where((a > 0) | (q > 0), q, 1).log()
    # 1 - q as the sum over all other classes, in which nothing cancels
    rest = q @ (1 - torch.eye(q.shape[1], dtype=q.dtype)) if logits else 1 - q
    log_q = torch.where((rest > 0) | (o["gamma"] == int(o["gamma"])), log_q, 0)
    return -a * power(rest, o["gamma"]) * log_q


def focal_entry(kind):
    plain = draw_categorical(kind)

    def draw(r):
        x, o = plain(r)
        o["gamma"] = r.choice([0., .5, 1., 2., 3.])
        if r.flag(.4):
            alpha = r.random.uniform(.1, 1, x[-1].shape[1]) if r.flag() else r.random.uniform(.1, 1)
            o["alpha"] = r.rounded(alpha)
        return x, o
    return Entry(draw, loss(focal, kind == "logits"), scale=1)


class LogRates(torch.autograd.Function):
    """p ln(p / r) - p + r, r = e^z. dp = ln p - z, -z - 1 at p = 0 (-1 where r is 0, too); dz = r - p."""
    @staticmethod
    def forward(context, p, z):
        context.save_for_backward(p, z)
        return p_log_p(p) + cross_logs(p, z) - p + z.exp()

    @staticmethod
    def backward(context, dy):
        p, z = context.saved_tensors
        either = (p > 0) | (z > -torch.inf)
        return dy * (log_where(p > 0, p) - torch.where(either, z, 0) - (p == 0).to(p.dtype)), dy * (z.exp() - p)


def rates(log_rates):
    def draw(r):
        shape = (r.integer(1, 5), r.size())
        prediction = r.logits(shape) if log_rates else r.finite_positives(shape)
        return [r.finite_positives(shape), prediction], {"reduction": r.choice(REDUCTIONS), "bits": r.flag(.2)}

    def reference(x, o):
        p, z = x
        elements = LogRates.apply(p, z) if log_rates else relative_entropy(p, z) - p + z
        return in_base(reduced(elements.sum(-1), o), o)
    return Entry(draw, reference, scale=1)


# ---- targets that are predictions ----
def log_rows(r, shape):
    with np.errstate(divide="ignore"):
        return r.rounded(np.log(r.rows(shape).astype(float)))


def draw_log_target(r):
    x, o = draw_categorical("logits", soft_only=True)(r)
    o.pop("normalize_target", None)
    return [log_rows(r, x[1].shape), x[1]], o


def log_target(x, o):
    p, sample = target_of([x[0].exp(), x[1]], o)
    log_p = x[0] if o.get("label_smoothing", 0) == 0 else p.log()
    z = torch.where(sample[:, None] > 0, x[1], 0)
    return finished(relative_entropy_of_logs(log_p, z.log_softmax(-1)), p, sample, o)


def draw_distillation(r):
    x, o = draw_categorical("logits", soft_only=True)(r)
    o.pop("normalize_target", None)
    return [r.logits(x[1].shape), x[1]], o | {"temperature": r.choice([.5, 1., 2., 5.])}


def distillation(x, o):
    t = o["temperature"]
    log_p = (x[0] / t).log_softmax(-1)
    return t * t * log_target([log_p, x[1] / t], o)


# ---- scores ----
def draw_scores(r):
    n, k = r.integer(1, 5), r.size()
    scores = r.rounded(r.random.choice([-2, -1, 0, 1, 2, 100], (n, k)))
    o = {"labels": r.indices(k, (n,)), "reduction": r.choice(REDUCTIONS)}
    return [scores if r.mode == "extreme" else r.reals((n, k))], o


def categorical_hinge(x, o):
    z, own = x[0], F.one_hot(o["labels"], x[0].shape[1]) == 1
    if z.shape[1] == 1:
        return reduced(0 * z[:, 0], o)
    others = torch.where(own, -torch.inf, z).amax(-1)
    return reduced(F.relu(1 + (others - z.gather(1, o["labels"][:, None])[:, 0])), o)


def multi_margin(x, o):
    return F.multi_margin_loss(x[0], o["labels"], reduction=o["reduction"]) * x[0].shape[1]


def pair(name, terms, **options):
    logits, rows = draw_categorical("logits", **options), draw_categorical("rows", **options)
    return {f"losses::{name}_with_logits": Entry(logits, loss(terms, True), scale=1),
            f"losses::{name}_with_probabilities": Entry(rows, loss(terms, False), scale=1)}


TABLE = {
    **pair("cross_entropy", cross_entropy),
    **pair("kl_divergence", kl_divergence),
    **pair("reverse_kl_divergence", reverse_kl),
    **pair("jeffreys_divergence", jeffreys),
    **pair("js_divergence", lambda p, log_q, q, o: jensen_shannon(p, q), extremes=False),
    "losses::generalized_kl_divergence_with_log_rates": rates(True),
    "losses::generalized_kl_divergence_with_rates": rates(False),
    "losses::categorical_focal_loss_with_logits": focal_entry("logits"),
    "losses::categorical_focal_loss_with_probabilities": focal_entry("rows"),
    "losses::kl_divergence_with_log_target": Entry(draw_log_target, log_target, scale=1),
    "losses::distillation_loss": Entry(draw_distillation, distillation, scale=25),
    "losses::categorical_hinge": Entry(draw_scores, categorical_hinge),
    "losses::multi_margin": Entry(draw_scores, multi_margin),
}
