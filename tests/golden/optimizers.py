"""Golden values of optimizers, schedules and averages of weights: writes optimizers.json, which tests/optim and
tests/train compare with. PyTorch 2.15, all in float64:

    python3 tests/golden/optimizers.py

The problem: mean((tanh(x w1 + b1) w2 + b2 - y)^2), 50 steps, at the rate of the options times 1 - t / 100 in step t. Its
numbers are those of tests/testing/golden_numbers.h: s <- (1664525 s + 1013904223) mod 2^32, u = s / 2^32 - 1/2.

Options have their names in gibbs. Muon is PyTorch's, but for the iteration of Newton and Schulz, which is in bfloat16
there and in float64 here; its weights are [out, in], and transposed for gibbs; biases are left to SGD. Lion (Chen et al.
2023, algorithm 2) and Lookahead (Zhang et al. 2019, algorithm 1) are written here: PyTorch has neither.
"""
import json
import pathlib

import torch
from torch.optim import lr_scheduler, swa_utils

STEPS = 50
torch.set_default_dtype(torch.float64)


def golden_numbers(seed, shape, scale):
    values = []
    for _ in range(torch.Size(shape).numel()):
        seed = (1664525 * seed + 1013904223) % 2**32
        values.append(scale * (seed / 2**32 - .5))
    return torch.tensor(values).reshape(shape)


X, Y = golden_numbers(1, (8, 3), 4), golden_numbers(2, (8, 2), 2)


def first_parameters():
    return [golden_numbers(3, (3, 5), 2), golden_numbers(4, (5,), .5), golden_numbers(5, (5, 2), 2),
            golden_numbers(6, (2,), .5)]


def loss_of(w1, b1, w2, b2):
    return ((torch.tanh(X @ w1 + b1) @ w2 + b2 - Y)**2).mean()


# ---- what PyTorch lacks ----
class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr, betas=(.9, .99), weight_decay=0.):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr = group["betas"], group["lr"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                direction = torch.sign(beta1 * m + (1 - beta1) * p.grad)
                p -= lr * (direction + group["weight_decay"] * p)
                m.mul_(beta2).add_((1 - beta2) * p.grad)


def newton_schulz(u, coefficients, steps, eps):
    """torch.optim._muon._zeropower_via_newtonschulz in float64."""
    a, b, c = coefficients
    x = u.T if u.size(0) > u.size(1) else u
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        y = x @ x.T
        x = a * x + (b * y + c * y @ y) @ x
    return x.T if u.size(0) > u.size(1) else x


torch.optim._muon._zeropower_via_newtonschulz = newton_schulz
OPTIMIZERS = {name: getattr(torch.optim, name) for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "Muon")
              } | {"Lion": Lion}
NAMES = {"learning_rate": "lr", "epsilon": "eps", "scale": "adjust_lr_fn"}  # others are the same


def in_pytorch(options):
    """The options under PyTorch's names."""
    result = {NAMES.get(name, name): value for name, value in options.items() if not name.startswith("beta")}
    return result | ({"betas": (options["beta1"], options["beta2"])} if "beta1" in options else {})


class Problem:
    """The parameters, and the optimizers that step them: of weights [w1, w2] and of biases [b1, b2]."""
    def __init__(self, name, options, groups):
        w1, b1, w2, b2 = first_parameters()
        self.transposed = name == "Muon"
        self.leaves = [(p.T.clone() if self.transposed and p.ndim == 2 else p.clone()).requires_grad_()
                       for p in (w1, b1, w2, b2)]
        weights, biases = self.leaves[::2], self.leaves[1::2]
        options = in_pytorch(options)
        if self.transposed:
            self.optimizers = [OPTIMIZERS[name](weights, **options), torch.optim.SGD(biases, lr=options["lr"])]
        elif groups:
            second = {"params": biases, "lr": options["lr"] * groups["rate_scale"], "weight_decay": groups["weight_decay"]}
            self.optimizers = [OPTIMIZERS[name]([{"params": weights}, second], **options)]
        else:
            self.optimizers = [OPTIMIZERS[name](self.leaves, **options)]
        self.rates = [[group["lr"] for group in o.param_groups] for o in self.optimizers]

    def parameters(self):
        return [p.T if self.transposed and p.ndim == 2 else p for p in self.leaves]

    def step(self, t):
        loss = loss_of(*self.parameters())
        for optimizer, rates in zip(self.optimizers, self.rates):
            optimizer.zero_grad()
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * (1 - t / 100)
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.item()


def numbers(tensors):
    return [p.detach().flatten().tolist() for p in tensors]


def trained(name, options, groups=None):
    problem = Problem(name, options, groups)
    losses = [problem.step(t) for t in range(STEPS)]
    return {"optimizer": name, "options": options, "groups": groups, "losses": losses[::7],
            "parameters": numbers(problem.parameters())}


def optimizer_cases():
    betas, groups = {"beta1": .8, "beta2": .95}, {"rate_scale": .5, "weight_decay": 0.}
    every = [
        ("SGD", {"learning_rate": .1},
         [{}, {"weight_decay": .1}, {"momentum": .9}, {"momentum": .9, "nesterov": True, "weight_decay": .01},
          {"momentum": .8, "dampening": .3}, {"momentum": .8, "dampening": 1., "weight_decay": .1},
          {"momentum": .5, "maximize": True, "learning_rate": .01, "weight_decay": .1}]),
        ("Adam", {"learning_rate": .02, "epsilon": 1e-3},
         [{}, betas, {"amsgrad": True, **betas}, {"weight_decay": .1, **betas},
          {"weight_decay": .1, "decoupled_weight_decay": True}, {"maximize": True, "weight_decay": .1},
          {"maximize": True, "amsgrad": True, "weight_decay": .1, "decoupled_weight_decay": True}]),
        ("AdamW", {"learning_rate": .02, "epsilon": 1e-8},
         [{"weight_decay": .01}, {"weight_decay": .3, **betas}, {"weight_decay": .3, "amsgrad": True, **betas},
          {"weight_decay": .3, "maximize": True}]),
        ("RMSprop", {"learning_rate": .01},
         [{}, {"alpha": .9, "epsilon": 1e-3}, {"momentum": .9}, {"centered": True}, {"centered": True, "momentum": .8},
          {"weight_decay": .1, "momentum": .5}, {"maximize": True, "weight_decay": .1, "centered": True}]),
        ("Adagrad", {"learning_rate": .1},
         [{}, {"lr_decay": .1}, {"initial_accumulator_value": .3}, {"epsilon": .01}, {"weight_decay": .1},
          {"maximize": True, "weight_decay": .1, "lr_decay": .05, "initial_accumulator_value": .1}]),
        ("NAdam", {"learning_rate": .02},
         [{}, {"epsilon": 1e-2, **betas}, {"momentum_decay": 1.}, {"weight_decay": .1},
          {"weight_decay": .1, "decoupled_weight_decay": True, "momentum_decay": .1}, {"maximize": True}]),
        ("Lion", {"learning_rate": .01}, [{}, betas, {"weight_decay": .3}]),
        ("Muon", {"learning_rate": .02},
         [{}, {"momentum": .8, "nesterov": False}, {"weight_decay": 0.}, {"weight_decay": 1., "ns_steps": 3},
          {"ns_coefficients": [2., -1.5, .5], "ns_steps": 12}, {"epsilon": .5}, {"scale": "original"},
          {"scale": "match_rms_adamw"}, {"scale": "spectral_unclamped"}])]
    cases = [trained(name, first | more) for name, first, options in every for more in options]
    return cases + [trained(name, first | {"weight_decay": .2}, groups) for name, first, _ in every if name != "Muon"]


# ---- schedules ----
def rates(make, rate, count):
    optimizer = torch.optim.SGD([torch.zeros(())], lr=rate)
    scheduler, result = make(optimizer), []
    for _ in range(count):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


def one_cycle(**options):
    strategy = {"anneal_strategy": "linear" if options.get("linear") else "cos"}
    names = {"rise": "pct_start", "start_divisor": "div_factor", "end_divisor": "final_div_factor",
             "three_phases": "three_phase"}
    own = strategy | {names[name]: value for name, value in options.items() if name in names}
    return (options, lambda o: lr_scheduler.OneCycleLR(o, .5, total_steps=STEPS, cycle_momentum=False, **own))


def schedule_cases():
    every = {
        "constant": [({}, lambda o: lr_scheduler.ConstantLR(o, 1.))],
        "step_decay": [({"factor": .5, "every": 7}, lambda o: lr_scheduler.StepLR(o, 7, .5))],
        "multi_step": [({"factor": .3, "milestones": [5, 6, 30]}, lambda o: lr_scheduler.MultiStepLR(o, [5, 6, 30], .3))],
        "exponential": [({"factor": .9}, lambda o: lr_scheduler.ExponentialLR(o, .9))],
        "polynomial": [({"length": 30, "power": power}, lambda o, power=power: lr_scheduler.PolynomialLR(o, 30, power))
                       for power in (1., 2., .5)],
        "cosine": [({"length": 49, "final_rate": .01}, lambda o: lr_scheduler.CosineAnnealingLR(o, 49, .01))],
        "cosine_restarts": [
            ({"length": length, "growth": growth, "final_rate": .01},
             lambda o, length=length, growth=growth: lr_scheduler.CosineAnnealingWarmRestarts(o, length, growth, .01))
            for length, growth in ((10, 1), (7, 2), (1, 3))],
        "one_cycle": [one_cycle(), one_cycle(rise=.4, linear=True), one_cycle(rise=.25, three_phases=True),
                      one_cycle(start_divisor=10., end_divisor=100., linear=True, three_phases=True), one_cycle(rise=0.)]}
    cases = [{"schedule": name, "options": {"rate": .5, **options}, "rates": rates(make, .5, STEPS)}
             for name, makes in every.items() for options, make in makes]
    return cases + [{"schedule": "joined", "options": {"rate": .5}, "rates": rates(joined, .5, STEPS)}]


def joined(o):
    """A warm-up of 5, an exponential of 15, then a cosine of 30."""
    parts = [lr_scheduler.LinearLR(o, start_factor=1 / 6, total_iters=5), lr_scheduler.ExponentialLR(o, .9),
             lr_scheduler.CosineAnnealingLR(o, 30)]
    return lr_scheduler.SequentialLR(o, parts, [5, 20])


WATCHED = [4 / (1 + .3 * t) + (.4 if t % 7 == 3 else 0) if t < 20 else .6 + .001 * (t % 5) for t in range(STEPS)]


def plateau_cases():
    """patience counts epochs without improvement here; PyTorch waits for one more."""
    every = [{"patience": 3}, {"patience": 2, "factor": .5, "cooldown": 3}, {"patience": 1, "cooldown": 1, "factor": .7},
             {"patience": 2, "min_delta": .05, "relative": True}, {"patience": 2, "min_delta": .05},
             {"patience": 1, "min_rate": .02, "factor": .5}, {"patience": 1, "least_change": .01, "factor": .5},
             {"patience": 2, "smaller_is_better": False, "min_delta": .1, "relative": True},
             {"patience": 2, "smaller_is_better": False, "factor": .5}]
    cases = []
    for o in every:
        optimizer = torch.optim.SGD([torch.zeros(())], lr=.5)
        scheduler = lr_scheduler.ReduceLROnPlateau(
            optimizer, "min" if o.get("smaller_is_better", True) else "max", o.get("factor", .1), o["patience"] - 1,
            o.get("min_delta", 1e-4), "rel" if o.get("relative") else "abs", o.get("cooldown", 0), o.get("min_rate", 0),
            o.get("least_change", 1e-8))
        found = []
        for value in WATCHED:
            scheduler.step(value)
            found.append(optimizer.param_groups[0]["lr"])
        cases.append({"options": o, "rates": found})
    return cases


# ---- averages of weights ----
ADAM = {"learning_rate": .02, "beta1": .9, "beta2": .999, "epsilon": 1e-7}


def ema_case(decay, every):
    problem = Problem("Adam", ADAM, None)
    holder = torch.nn.ParameterList(problem.leaves)
    average = swa_utils.AveragedModel(holder, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(decay))
    for t in range(STEPS):
        problem.step(t)
        if (t + 1) % every == 0:
            average.update_parameters(holder)
    return {"options": {"decay": decay, "every": every}, "parameters": numbers(problem.leaves),
            "averages": numbers(average.module)}


def lookahead_case(alpha, every):
    problem = Problem("Adam", ADAM, None)
    slow = [p.detach().clone() for p in problem.leaves]
    for t in range(STEPS):
        problem.step(t)
        if (t + 1) % every == 0:
            with torch.no_grad():
                for p, s in zip(problem.leaves, slow):
                    s += alpha * (p - s)
                    p.copy_(s)
    return {"options": {"alpha": alpha, "every": every}, "parameters": numbers(problem.leaves), "averages": numbers(slow)}


if __name__ == "__main__":
    everything = {"optimizers": optimizer_cases(), "schedules": schedule_cases(), "watched": WATCHED,
                  "plateaus": plateau_cases(), "adam": ADAM, "ema": [ema_case(.9, 1), ema_case(.8, 3)],
                  "lookahead": [lookahead_case(.5, 6), lookahead_case(.8, 1)]}
    lines = [f'"{key}": [\n' + ",\n".join(map(json.dumps, value)) + "]" if isinstance(value, list) else
             f'"{key}": {json.dumps(value)}' for key, value in everything.items()]
    pathlib.Path(__file__).with_suffix(".json").write_text("{" + ",\n".join(lines) + "}\n")
