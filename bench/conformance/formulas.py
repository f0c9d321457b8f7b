"""What PyTorch has no function for, written in its ops from the definitions, with the library's convention 0 ln 0 = 0 and
derivative 0 there. One difference from a formula as one would type it: what is outside of a logarithm's domain is
replaced before the logarithm, so that no NaN enters a gradient."""
import math

import torch


def log_where(condition, x, otherwise=0.):
    """ln x where the condition holds, else a constant."""
    return torch.where(condition, torch.where(condition, x, 1).log(), otherwise)


def p_log_p(p):
    return p * log_where(p > 0, p)


def p_log_q(p, q):
    """0 where p = 0 = q, -inf where only q is 0."""
    return p * log_where((p > 0) | (q > 0), q)


def relative_entropy(p, q):
    return p_log_p(p) - p_log_q(p, q)


def jensen_shannon(p, q):
    m = (p + q) / 2
    return (relative_entropy(p, m) + relative_entropy(q, m)) / 2


def relative_entropy_of_logs(log_p, log_q):
    """p (ln p - ln q), p = e^log_p."""
    p = log_p.exp()
    possible = p > 0
    return p * (torch.where(possible, log_p, 0) - torch.where(possible, log_q, 0))


def in_base(nats, o):
    return nats / math.log(2) if o.get("bits") else nats


def normalized(p, o):
    return p / p.sum(-1, keepdim=True) if o.get("normalize") else p


def reduced(rows, o, weights=None):
    """rows [N] with their weights multiplied in; the mean divides by the sum of weights, 0 where that is 0."""
    if o["reduction"] == "none":
        return rows
    if o["reduction"] == "sum":
        return rows.sum()
    if weights is None:
        return rows.mean()
    divisor = weights.sum()
    return torch.where(divisor > 0, rows.sum() / torch.where(divisor > 0, divisor, 1), 0)
