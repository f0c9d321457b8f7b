"""Information measures, from formulas in PyTorch's ops (formulas.py)."""
import numpy as np
import torch

from case import Entry
from formulas import (in_base, jensen_shannon, log_where, normalized, p_log_p, p_log_q, relative_entropy)
from regression import cross_entropy_of_logits

ALPHAS = [.25, .5, 1., 2., 3., 1e300]  # the last stands for infinity


def some_rows(r, more=0):
    return r.shape(low=more, high=2, least=1) + (r.size() + (r.mode != "ordinary"),)


def draw_options(r):
    return {"bits": r.flag(.3), "normalize": r.flag(.3)}


def scaled(r, rows, o):
    """Any sums, where rows are to be normalised."""
    return r.rounded(rows * r.choice([1, 2, 8])) if o["normalize"] else rows


def measure(count, f, order=False, pairs=False, extremes=True):
    """f of `count` arrays of distributions along the last axis, or, for `pairs`, the last two."""
    def draw(r):
        r = r if extremes and not pairs else r.without_extremes()
        o = draw_options(r) | ({"alpha": r.choice(ALPHAS + [0.] * (r.mode == "lattice"))} if order else {})
        shape = some_rows(r)
        x = [scaled(r, r.rows(shape), o) for _ in range(count)]
        if pairs and len(shape) > 1:
            o["normalize"], x = False, [r.rounded(x[0] / x[0].sum((-2, -1), keepdims=True))]
        elif pairs:
            o["normalize"], x = False, [r.rows((1,) + shape)]
        return x, o

    def reference(x, o):
        x = [normalized(p, o) for p in x]
        return in_base(f(*x, o["alpha"]) if order else f(*x), o)
    return Entry(draw, reference, scale=10 if order else 1)


def terms(f, kind="units", count=2, extremes=True):
    """f element by element."""
    def draw(r):
        r = r if extremes else r.without_extremes()
        shape = r.shape()
        return [getattr(r, kind)(shape) for _ in range(count)], {"bits": False}
    return Entry(draw, lambda x, o: f(*x), scale=1)


def events(f):
    return Entry(lambda r: ([r.units(r.shape())], {"bits": r.flag()}), lambda x, o: in_base(f(x[0]), o), scale=1)


def rates(f):
    def draw(r):
        shape = some_rows(r)
        return [r.finite_positives(shape), r.finite_positives(shape)], {"bits": r.flag(.3)}
    return Entry(draw, lambda x, o: in_base(f(*x).sum(-1), o), scale=1)


def entropy(p):
    return -p_log_p(p).sum(-1)


def binary_entropy(p):
    """Constant at 0 and 1."""
    inside = torch.where((p > 0) & (p < 1), p, p.detach())
    return -p_log_p(inside) - p_log_p(1 - inside)


def perplexity(x, o):
    return entropy(normalized(x[0], o)).exp()


def divergence(p, q):
    return relative_entropy(p, q).sum(-1)


def js_distance(x, o):
    p, q = (normalized(value, o) for value in x)
    js = in_base(jensen_shannon(p, q).sum(-1), o)
    return torch.where(js > 0, torch.where(js > 0, js, 1).sqrt(), 0)


# ---- two random variables: joint [..., X, Y] ----
def joint_entropy(p):
    return -p_log_p(p).sum((-2, -1))


def conditional_entropy(p):
    return joint_entropy(p) - entropy(p.sum(-2))


def mutual_information(p):
    return entropy(p.sum(-1)) + entropy(p.sum(-2)) - joint_entropy(p)


# ---- families of order alpha; sums of powers run over the classes that happen ----
def power_where_positive(p, a):
    return torch.where(p > 0, torch.where(p > 0, p, 1)**a, 0)


def renyi_entropy(p, a):
    if a == 1:
        return entropy(p) / p.sum(-1)
    if a > 1e30:
        return -p.amax(-1).log()
    return (power_where_positive(p, a).sum(-1) / p.sum(-1)).log() / (1 - a)


def tsallis_entropy(p, a):
    if a == 1:
        return entropy(p)
    if a > 1e30:
        return 0 * p.sum(-1)
    return (p.sum(-1) - power_where_positive(p, a).sum(-1)) / (a - 1)


def power_sum(p, q, a):
    both = (p > 0) & (q > 0)
    terms_ = torch.where(both, torch.where(both, p, 1)**a * torch.where(both, q, 1)**(1 - a), 0)
    return terms_.sum(-1) + torch.where((p > 0) & (q == 0) & (a > 1), torch.inf, 0).sum(-1)


def common_divergence(p, q):
    """Constant outside of the classes that both have."""
    both = (p > 0) & (q > 0)
    terms_ = torch.where(both, p * (log_where(both, p) - log_where(both, q)), 0)
    return terms_.sum(-1) + torch.where((p > 0) & (q == 0), torch.inf, 0).sum(-1)


def renyi_divergence(p, q, a):
    if a == 1:
        return common_divergence(p, q) / p.sum(-1)
    if a > 1e30:
        ratio = torch.where(q > 0, log_where(p > 0, p) - log_where(q > 0, q), torch.inf)
        return torch.where(p > 0, ratio, -torch.inf).amax(-1)
    return (power_sum(p, q, a) / p.sum(-1)).log() / (a - 1)


def tsallis_divergence(p, q, a):
    if a > 1e30:
        return torch.where((p > q).any(-1), torch.inf, 0 * (p + q).sum(-1))
    return common_divergence(p, q) if a == 1 else (power_sum(p, q, a) - p.sum(-1)) / (a - 1)


def jeffreys_terms(p, q):
    either = (p > 0) | (q > 0)
    return (p - q) * (torch.where(either, p, 1).log() - torch.where(either, q, 1).log())


def draw_independent(r):
    shape = some_rows(r)
    return [r.rows(shape), r.rows(shape[:-1] + (r.size(),))], {}


def draw_joint_of(r):
    shape = some_rows(r, more=1)
    return [r.rows(shape[:-1]), r.rows(shape)], {}


def draw_where_or(r):
    whole = r.shape()
    condition = np.asarray(r.random.random(r.operand_of(whole)) < .5).astype("uint8")
    return [r.reals(whole)], {"condition": condition, "number": r.number(-1, 1)}


TABLE = {
    "losses::information": events(lambda p: -p.log()),
    "losses::entropy": measure(1, entropy),
    "losses::binary_entropy": events(binary_entropy),
    "losses::perplexity": Entry(measure(1, entropy).draw, perplexity, scale=1),
    "losses::cross_entropy": measure(2, lambda p, q: -p_log_q(p, q).sum(-1)),
    "losses::kl_divergence": measure(2, divergence),
    "losses::reverse_kl_divergence": measure(2, lambda p, q: divergence(q, p)),
    "losses::jeffreys_divergence": measure(2, lambda p, q: divergence(p, q) + divergence(q, p)),
    "losses::generalized_kl_divergence": rates(lambda p, q: relative_entropy(p, q) - p + q),
    "losses::js_divergence": measure(2, lambda p, q: jensen_shannon(p, q).sum(-1), extremes=False),
    "losses::js_distance": Entry(measure(2, None, extremes=False).draw, js_distance, scale=100),
    "losses::mutual_information": measure(1, mutual_information, pairs=True),
    "losses::conditional_entropy": measure(1, conditional_entropy, pairs=True),
    "losses::joint_entropy": measure(1, joint_entropy, pairs=True),
    "losses::marginal_x": Entry(lambda r: ([r.reals(r.shape(low=2))], {}), lambda x, o: x[0].sum(-1)),
    "losses::marginal_y": Entry(lambda r: ([r.reals(r.shape(low=2))], {}), lambda x, o: x[0].sum(-2)),
    "losses::independent_joint": Entry(draw_independent, lambda x, o: x[0][..., :, None] * x[1][..., None, :]),
    "losses::joint_of": Entry(draw_joint_of, lambda x, o: x[0][..., None] * x[1]),
    "losses::renyi_entropy": measure(1, renyi_entropy, order=True),
    "losses::renyi_divergence": measure(2, renyi_divergence, order=True),
    "losses::tsallis_entropy": measure(1, tsallis_entropy, order=True),
    "losses::tsallis_divergence": measure(2, tsallis_divergence, order=True),
    "losses::normalized": Entry(lambda r: ([r.rounded(r.rows(some_rows(r)) * r.choice([1, 3]))], {}),
                                lambda x, o: x[0] / x[0].sum(-1, keepdim=True), scale=1),
    "losses::log_sigmoid": terms(torch.nn.functional.logsigmoid, "reals", 1),
    "losses::weighted_terms": terms(lambda a, x: a * torch.where((a == 0) & ~x.isfinite(), 0, x), "reals"),
    "losses::row_means": Entry(lambda r: ([r.reals(r.shape(low=1, least=1))], {}),
                               lambda x, o: x[0].reshape(len(x[0]), -1).mean(1)),
    "losses::log_of_positive": terms(lambda x: log_where(x > 0, x), "reals", 1),
    "losses::log_ratio": terms(lambda a, b: a.log() - b.log(), "finite_positives"),
    "losses::log_ratio_for_target": terms(lambda p, q: log_where(p > 0, p) - log_where((p > 0) | (q > 0), q)),
    "losses::plogq": terms(p_log_q),
    "losses::relative_entropy_terms": terms(relative_entropy),
    "losses::generalized_relative_entropy_terms": terms(lambda p, q: relative_entropy(p, q) - p + q),
    "losses::jeffreys_terms": terms(jeffreys_terms),
    "losses::logistic_terms": terms(lambda yes, no, z: cross_entropy_of_logits(None, yes, no, z, {}), count=3),
    "losses::jensen_shannon_terms": terms(jensen_shannon, extremes=False),
    "losses::where_or": Entry(draw_where_or, lambda x, o: torch.where(o["condition"] != 0, x[0], o["number"])),
}

