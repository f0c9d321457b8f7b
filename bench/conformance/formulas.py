"""What PyTorch has no function for, written in its ops from the definitions, with the library's convention 0 ln 0 = 0
and derivative 0 there. What is outside of a logarithm's domain is replaced before the logarithm, so that no NaN enters
a gradient."""
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


def log_share(x, other):
    """ln(x / m), m the mean of both, to the last digits where they are nearly equal; 0 where x is."""
    d = torch.where(x > 0, (x - other) / torch.where(x > 0, x + other, 1), 0)
    return d.log1p()


class JensenShannon(torch.autograd.Function):
    """(p ln(p / m) + q ln(q / m)) / 2, m = (p + q) / 2. dp = ln(p / m) / 2, taken to be 0 at p = 0; dq alike."""
    @staticmethod
    def forward(context, p, q):
        context.save_for_backward(p, q)
        s, plain = p + q, (p * log_share(p, q) + q * log_share(q, p)) / 2
        d = torch.where(s > 0, (p - q) / torch.where(s > 0, s, 1), 0)
        near = s / 4 * ((-d * d).log1p() + d * (d.log1p() - (-d).log1p()))  # where the terms of the other cancel
        return torch.where(d.abs() < .5, near, plain)

    @staticmethod
    def backward(context, dy):
        p, q = context.saved_tensors
        return dy * log_share(p, q) / 2, dy * log_share(q, p) / 2


jensen_shannon = JensenShannon.apply


def relative_entropy_of_logs(log_p, log_q):
    """p (ln p - ln q), p = e^log_p."""
    p = log_p.exp()
    possible = p > 0
    return p * (torch.where(possible, log_p, 0) - torch.where(possible, log_q, 0))


def huber(d, delta):
    """The parabola's curvature holds up to where the line begins, that point included (docs/differences.md)."""
    slope = torch.where(d.abs() <= delta, d, d.clamp(-delta, delta).detach())
    return slope * (d - slope / 2)


def clamp(x, low, high):
    """Its bounds belong to what passes (docs/differences.md)."""
    return torch.where((x >= low) & (x <= high), x, x.clamp(low, high).detach())


def power(x, gamma):
    """x^gamma for x >= 0; a fractional power is constant at 0, where its derivatives would be infinite."""
    if gamma == int(gamma):
        return x**int(gamma)
    return torch.where(x > 0, torch.where(x > 0, x, 1)**gamma, 0)


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
