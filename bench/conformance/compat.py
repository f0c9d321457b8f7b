"""losses/compat/torch.h beside the functions whose names it takes, every option of them. x is [input, target], or [input]
when the option "labels" holds class indices."""
import torch.nn.functional as F

from case import Entry

PREFIX = "losses::compat::torch::"
REDUCTIONS = ["mean", "sum", "none"]


def draw_cross_entropy(r):
    n, c = r.integer(1, 5), r.size()
    o = {"reduction": r.choice(REDUCTIONS)}
    if r.flag(.4):
        o["weight"] = r.rounded(r.random.uniform(.1, 2, c))
    if r.flag(.3):
        o["label_smoothing"] = r.choice([.1, .5, 1.])
    if r.flag():
        return [r.logits((n, c)), r.rows((n, c))], o
    o["labels"] = r.indices(c, (n,))
    if r.flag(.4):
        o["ignore_index"] = r.choice([-1, -100, r.integer(0, c - 1)])
        o["labels"] = r.random.choice([o["ignore_index"], *o["labels"]], n).astype("int64")
    return [r.logits((n, c))], o


def cross_entropy(x, o):
    options = {key: o[key] for key in ("weight", "ignore_index", "label_smoothing") if key in o}
    return F.cross_entropy(x[0], o.get("labels") if "labels" in o else x[1], reduction=o["reduction"], **options)


def draw_kl_div(r):
    shape = r.shape(low=1, high=3)
    o = {"reduction": r.choice(REDUCTIONS + ["batchmean"]), "log_target": r.flag()}
    return [r.logits(shape), r.reals(shape, 1) if o["log_target"] else r.units(shape)], o


def draw_weights(r, o, shape, *names):
    for name in names:
        if r.flag(.4):
            o[name] = r.rounded(r.random.uniform(.2, 3, r.operand_of(shape)))


def draw_binary(kind, *names):
    def draw(r):
        shape, o = r.shape(low=1, high=3), {"reduction": r.choice(REDUCTIONS)}
        draw_weights(r, o, shape, *names)
        return [getattr(r, kind)(shape), r.units(shape)], o
    return draw


def elementwise(f, option=None):
    def draw(r):
        shape = r.shape(low=1, high=3)
        o = {"reduction": r.choice(REDUCTIONS)}
        if option:
            o[option] = r.choice([.5, 1., 2.] + [0.] * (option == "beta"))
        return [r.reals(shape), r.reals(shape)], o
    return Entry(draw, lambda x, o: f(x[0], x[1], reduction=o["reduction"], **({option: o[option]} if option else {})))


TABLE = {
    PREFIX + "cross_entropy": Entry(draw_cross_entropy, cross_entropy),
    PREFIX + "kl_div": Entry(draw_kl_div, lambda x, o: F.kl_div(x[0], x[1], reduction=o["reduction"],
                                                                log_target=o["log_target"])),
    PREFIX + "binary_cross_entropy": Entry(draw_binary("units", "weight"), lambda x, o: F.binary_cross_entropy(
        x[0], x[1], weight=o.get("weight"), reduction=o["reduction"])),
    PREFIX + "binary_cross_entropy_with_logits": Entry(
        draw_binary("logits", "weight", "pos_weight"), lambda x, o: F.binary_cross_entropy_with_logits(
            x[0], x[1], weight=o.get("weight"), pos_weight=o.get("pos_weight"), reduction=o["reduction"])),
    PREFIX + "l1_loss": elementwise(F.l1_loss),
    PREFIX + "mse_loss": elementwise(F.mse_loss),
    PREFIX + "huber_loss": elementwise(F.huber_loss, "delta"),
    PREFIX + "smooth_l1_loss": elementwise(F.smooth_l1_loss, "beta"),
}
