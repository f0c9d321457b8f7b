"""That nothing is forgotten: every function of a Variable, every layer, optimizer and schedule that the headers declare
is in the program's table, or in the list below with a reason. Needs no PyTorch.

    names.py PROGRAM     prints what is missing, and exits with 1 when there is something
"""
import pathlib
import re
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DECLARED = re.compile(r"^(?:inline )?(?:Variables?|SortedVariable|Schedule) ([a-z]\w*)\("
                      r"|^(?:double|void) (clip_\w+)\("
                      r"|^class (\w+)(?: final)? : public (?!std|Module\b|Visitor)", re.MULTILINE)
PREFIXES = {"autograd/ops": "", "losses": "losses::", "nn": "nn::", "optim": "optim::"}
KERAS, SCIPY = "Keras' reduction of a loss that is compared", "SciPy's convention, of which PyTorch has none"
NOT_COMPARED = {
    "activate": "relu, gelu or silu by name, which are compared",
    "activated_sum": "a sum and an activation, which are compared",
    "losses::at_least_zero": "the end of every measure, compared in each",
    "losses::distributions": "checks its argument and returns it",
    "losses::finish": "the end of every categorical loss: takes what only a loss can prepare",
    "losses::finish_binary": "the end of every binary loss: takes what only a loss can prepare",
    "losses::focal_factor": "the factor of focal losses, which are compared",
    "losses::in_base": "the end of every loss, compared in each with a unit",
    "losses::nan_without_weight": "masks, compared in the losses of two classes with sample weights",
    "losses::one_pass_loss": "the fast path of cross_entropy_with_logits and others",
    "losses::reduce": "the end of every loss, compared in each with a reduction",
    "losses::reduce_elements": "the end of every loss on numbers, compared in each with a reduction",
    "losses::without_masked_rows": "masks, compared in losses with sample weights",
    "nn::drop_together": "what Dropout2d and StochasticDepth do in training, each with random numbers of its own",
    "normalize": "what the layers that normalise are made of, which are compared",
    "normalize_by": "what batch norm is in evaluation, which is compared",
    "resample2d": "what Upsample and AdaptiveAvgPool2d are made of, which are compared",
    "optim::Average": "the base of EMA and Lookahead, which are in tests/golden",
    "optim::EMA": "steps others; against PyTorch's AveragedModel in tests/golden",
    "optim::Lion": "PyTorch has none; tests/golden has the paper's algorithm",
    "optim::Lookahead": "PyTorch has none; tests/golden has the paper's algorithm",
    "optim::Method": "the base of SGD and Adam, which are compared",
    "optim::Muon": "PyTorch's computes in bfloat16; tests/golden has it in float64",
    "optim::Several": "steps others, which are compared; groups against them in tests/optim",
    "optim::joined": "of parts that are compared; in tests/golden",
    "optim::one_cycle": "PyTorch's cannot be joined to a warm-up; in tests/golden",
    "optim::warm_up": "compared within every other schedule",
} | {f"losses::compat::keras::{name}": KERAS for name in (
    "categorical_hinge", "hinge", "huber", "mean_absolute_error", "mean_squared_error", "squared_hinge")
} | {f"losses::compat::scipy::{name}": SCIPY for name in ("entropy", "jensenshannon", "kl_div", "rel_entr")}


def declared():
    names = set()
    for folder, prefix in PREFIXES.items():
        for header in sorted((PROJECT / folder).glob("**/*.h")):
            within = prefix + (f"compat::{header.stem}::" if header.parent.name == "compat" else "")
            for match in DECLARED.finditer(header.read_text()):
                names.add(within + next(filter(None, match.groups())))
    return {name for name in names if not name.removeprefix("nn::").startswith("operator")}


def missing(program, table=None):
    """One line for each name that is in one place and not in another. table: the names of PyTorch's spellings."""
    ours = set(subprocess.run([program, "--names"], capture_output=True, text=True, check=True).stdout.split())
    known = ours | set(NOT_COMPARED)
    lines = [f"{name} is declared, and neither compared with PyTorch nor in bench/conformance/names.py"
             for name in declared() - known]
    lines += [f"{name} is in bench/conformance, and in no header" for name in known - declared()
              if not name.startswith("kernels::")]
    lines += [f"{name} is compared, and said not to be" for name in ours & set(NOT_COMPARED)]
    if table is not None:
        lines += [f"{name} is in {'the program' if name in ours else 'the tables'} only" for name in ours ^ set(table)]
    return sorted(lines)


if __name__ == "__main__":
    found = missing(sys.argv[1])
    print("\n".join(found) or f"{len(declared())} names, none of them forgotten.")
    sys.exit(bool(found))
