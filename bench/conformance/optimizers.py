"""Optimizers over many random steps, schedules, and clipping of gradients, beside torch.optim and torch.nn.utils."""
import torch
from torch.optim import lr_scheduler

from case import Entry


def gradients_for(r, parameters, missing=.1):
    return [None if r.flag(missing) else r.reals(p.shape) for p in parameters]


def draw_steps(hyper_parameters):
    """Parameters, and 20 to 40 steps with a rate and gradients each."""
    def draw(r):
        r = r.without_extremes()
        parameters = [r.reals(r.shape(high=3)) for _ in range(r.integer(1, 3))]
        rate = 10 ** r.random.uniform(-4, -1)
        steps = []
        for _ in range(r.integer(20, 40)):
            rate = rate * r.random.uniform(.5, 1.5) if r.flag(.2) else rate
            steps.append({"rate": rate, "gradients": gradients_for(r, parameters)})
        return parameters, {"steps": steps} | hyper_parameters(r)
    return draw


DECAYS = [0., 0., .01, .5]


def of_sgd(r):
    momentum = r.choice([0., .5, .9])
    nesterov = momentum > 0 and r.flag()
    return {"momentum": momentum, "nesterov": nesterov, "dampening": r.choice([0., .3]) if momentum and not nesterov else 0.,
            "weight_decay": r.choice(DECAYS), "maximize": r.flag(.2)}


def of_betas(r):
    return {"beta1": r.choice([0., .5, .9]), "beta2": r.choice([0., .9, .999]), "weight_decay": r.choice(DECAYS),
            "epsilon": r.choice([1e-8, 1e-7, 1e-3]), "maximize": r.flag(.2)}


def of_adamw(r):
    return of_betas(r) | {"amsgrad": r.flag(.3)}


def of_adam(r):
    return of_adamw(r) | {"decoupled_weight_decay": r.flag(.2)}


def of_rmsprop(r):
    return {"alpha": r.choice([0., .9, .99]), "epsilon": r.choice([1e-8, 1e-3]), "momentum": r.choice([0., .9]),
            "weight_decay": r.choice(DECAYS), "maximize": r.flag(.2)}


def of_adagrad(r):
    return {"lr_decay": r.choice([0., .1]), "initial_accumulator_value": r.choice([0., .1]),
            "epsilon": r.choice([1e-10, 1e-3]), "weight_decay": r.choice(DECAYS), "maximize": r.flag(.2)}


def of_nadam(r):
    return of_betas(r) | {"decoupled_weight_decay": r.flag(.2), "momentum_decay": r.choice([0., 4e-3, 1.])}


def trajectory(make):
    """The parameters after every step of make(parameters, options)."""
    def reference(x, o):
        parameters = [p.detach().clone().requires_grad_() for p in x]
        optimizer, result = make(parameters, o), []
        for step in o["steps"]:
            for group in optimizer.param_groups:
                group["lr"] = step["rate"]
            for p, gradient in zip(parameters, step["gradients"]):
                p.grad = gradient
            optimizer.step()
            result += [p.detach().clone() for p in parameters]
        return result
    return reference


def of(kind):
    """An optimizer of PyTorch with the options under its own names."""
    def make(parameters, o):
        options = {{"epsilon": "eps"}.get(name, name): value for name, value in o.items()
                   if name not in ("steps", "beta1", "beta2")}
        return kind(parameters, lr=1, **options, **({"betas": (o["beta1"], o["beta2"])} if "beta1" in o else {}))
    return make


class NAdam(torch.optim.NAdam):
    """PyTorch keeps the product of its momenta in float32, unless float64 is the default, as it is here in a step."""
    def step(self):
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        super().step()
        torch.set_default_dtype(before)


# ---- schedules ----
def schedule(hyper_parameters, make):
    """The rates of counts 0, 1, ... of make(optimizer, options), after a warm-up in half of the cases."""
    def draw(r):
        o = {"rate": r.choice([.1, 1., 1e-3])} | hyper_parameters(r)
        if r.flag():
            o["warm_up"] = r.integer(1, 6)
        return [], o | {"counts": list(range(o["length"] + o.get("warm_up", 0) + 1))}

    def reference(x, o):
        optimizer = torch.optim.SGD([torch.zeros(())], lr=o["rate"])
        scheduler = make(optimizer, o)
        if "warm_up" in o:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] = o["rate"]
            length = o["warm_up"]
            rise = lr_scheduler.LinearLR(optimizer, start_factor=1 / (length + 1), total_iters=length)
            scheduler = lr_scheduler.SequentialLR(optimizer, [rise, make(optimizer, o)], milestones=[length])
        rates = []
        for _ in o["counts"]:
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return torch.tensor(rates, dtype=torch.float64)
    return Entry(draw, reference, gradients=False)


# ---- clipping ----
def draw_clipping(r):
    r = r.without_extremes()
    parameters = [r.reals(r.shape(high=3)) for _ in range(r.integer(1, 4))]
    gradients = gradients_for(r, parameters[:1], 0) + gradients_for(r, parameters[1:])
    return parameters, {"gradients": gradients, "limit": r.choice([.1, 1., 10., 1000.])}


def clipped(clip):
    def reference(x, o):
        parameters = [p.detach().clone().requires_grad_() for p in x]
        for p, gradient in zip(parameters, o["gradients"]):
            p.grad = gradient
        norm = clip(parameters, o["limit"])
        return [norm.double()] + [p.grad for p in parameters if p.grad is not None]
    return reference


def clip_norm(parameters, limit):
    """PyTorch divides by |g| + 1e-6; the norm that it is told is less by as much."""
    norm = torch.nn.utils.get_total_norm([p.grad.double() for p in parameters if p.grad is not None])
    torch.nn.utils.clip_grads_with_norm_(parameters, limit, norm - 1e-6)
    return norm


def clip_value(parameters, limit):
    torch.nn.utils.clip_grad_value_(parameters, limit)
    return torch.zeros(())


TABLE = {
    f"optim::{kind.__name__}": Entry(draw_steps(options), trajectory(of(kind)), gradients=False, scale=.1)
    for kind, options in {torch.optim.SGD: of_sgd, torch.optim.Adam: of_adam, torch.optim.AdamW: of_adamw,
                          torch.optim.RMSprop: of_rmsprop, torch.optim.Adagrad: of_adagrad, NAdam: of_nadam}.items()
} | {
    "optim::constant": schedule(lambda r: {"length": 10}, lambda optimizer, o: lr_scheduler.ConstantLR(optimizer, 1.)),
    "optim::step_decay": schedule(
        lambda r: {"length": r.integer(1, 40), "factor": r.choice([.1, .5, .9]), "every": r.integer(1, 9)},
        lambda optimizer, o: lr_scheduler.StepLR(optimizer, o["every"], o["factor"])),
    "optim::cosine": schedule(
        lambda r: {"length": r.integer(1, 40), "final_rate": r.choice([0., 1e-4])},
        lambda optimizer, o: lr_scheduler.CosineAnnealingLR(optimizer, o["length"], o["final_rate"])),
    "optim::multi_step": schedule(
        lambda r: {"length": r.integer(1, 40), "factor": r.choice([.1, .5]),
                   "milestones": sorted({r.integer(1, 40) for _ in range(3)})},
        lambda optimizer, o: lr_scheduler.MultiStepLR(optimizer, o["milestones"], o["factor"])),
    "optim::exponential": schedule(
        lambda r: {"length": r.integer(1, 40), "factor": r.choice([.5, .9])},
        lambda optimizer, o: lr_scheduler.ExponentialLR(optimizer, o["factor"])),
    "optim::polynomial": schedule(
        lambda r: {"length": r.integer(1, 40), "power": r.choice([.5, 1., 2.])},
        lambda optimizer, o: lr_scheduler.PolynomialLR(optimizer, o["length"], o["power"])),
    "optim::cosine_restarts": schedule(
        lambda r: {"length": r.integer(1, 9), "growth": r.integer(1, 3), "final_rate": r.choice([0., 1e-4])},
        lambda optimizer, o: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, o["length"], o["growth"], o["final_rate"])),
    "nn::clip_gradient_norm": Entry(draw_clipping, clipped(clip_norm), gradients=False),
    "nn::clip_gradient_value": Entry(draw_clipping, clipped(clip_value), gradients=False),
}
