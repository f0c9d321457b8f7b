"""Reads what run.sh, inference.sh, shapes.sh and models.sh collected (a file per round, a JSON object per line), prints
the table and writes it as JSON; for the training step also a bar chart. Ratios are taken round by round, and their
median is shown. Ends with 1 when a peer did not compute what we compute.
Usage: report.py step|inference|shapes|models RUNS FOLDER"""
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys


def read_rounds(folder):
    """One list of runs per round, in order."""
    files = sorted(folder.glob("round_*"), key=lambda file: int(file.name.split("_")[1]))
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def by_peer(rounds):
    """{peer: [(its run, ours of the same round), ...]}, ours first."""
    pairs = {}
    for runs in rounds:
        ours = next(run for run in runs if run["peer"] == "gibbs")
        for run in runs:
            pairs.setdefault(run["peer"], []).append((run, ours))
    return pairs


def median_of(pairs, key):
    return statistics.median(run[key] for run, _ in pairs)


def ratio(pairs, key):
    """Theirs over ours."""
    return statistics.median(run[key] / ours[key] for run, ours in pairs)


def checksum_errors(run, ours):
    """Tensors whose norm or projection is more than 1e-4 of the norm away from ours (bench/checksum.h)."""
    wrong = []
    for name, (norm, projection) in ours["checksums"].items():
        theirs = run["checksums"].get(name, [math.nan, math.nan])
        if not max(abs(theirs[0] - norm), abs(theirs[1] - projection)) <= 1e-4 * norm:
            wrong.append(f"{run['peer']}, {run.get('shape', 'network')}: {name} has checksum {theirs}, "
                         f"ours {[norm, projection]}")
    return wrong


def step(rounds):
    summary, wrong = [], []
    for peer, pairs in by_peer(rounds).items():
        first, ours = pairs[0][0], pairs[0][1]
        entry = {"peer": peer, "median_ms": median_of(pairs, "ms"), "min_ms": min(run["ms"] for run, _ in pairs),
                 "max_ms": max(run["ms"] for run, _ in pairs), "times_ours": ratio(pairs, "ms"),
                 "loss_after_5_steps": first.get("loss_after_5_steps")}
        if "efficiency" in first:
            entry |= {key: median_of(pairs, key) for key in ("efficiency", "peak_gflop_per_s", "memory_gb_per_s")}
            entry |= {key: first[key] for key in ("blas_core", "gemm")}
        theirs, reference = entry["loss_after_5_steps"], ours["loss_after_5_steps"]
        if theirs is None or not abs(theirs - reference) <= 1e-3:
            wrong.append(f"{peer}: the loss after five steps is {theirs}, ours {reference}")
        summary.append(entry)
    print(f"{'who':44} {'ms/step':>9} {'min':>8} {'max':>8} {'times ours':>11} {'loss after 5 steps':>19}")
    for entry in summary:
        loss = entry["loss_after_5_steps"]
        print(f"{entry['peer']:44} {entry['median_ms']:9.1f} {entry['min_ms']:8.1f} {entry['max_ms']:8.1f} "
              f"{entry['times_ours']:11.2f} {math.nan if loss is None else loss:19.6f}")
    ours = summary[0]
    print(f"gibbs reaches {ours['efficiency']:.2f} of what the machine allows ({ours['peak_gflop_per_s']:.0f} GFLOP/s in "
          f"registers, {ours['memory_gb_per_s']:.0f} GB/s of memory); matrix products: {ours['gemm']}")
    return summary, wrong


def inference(rounds):
    summary, wrong = [], []
    for peer, pairs in by_peer(rounds).items():
        wrong += checksum_errors(*pairs[0])
        summary.append({"peer": peer, "images_per_s": median_of(pairs, "images_per_s"),
                        "throughput_times_theirs": 1 / ratio(pairs, "images_per_s"),
                        "latency_ms": median_of(pairs, "latency_ms"), "latency_times_ours": ratio(pairs, "latency_ms")})
    print(f"{'who':44} {'images/s':>10} {'ours is faster by':>18} {'one image, ms':>14} {'times ours':>11}")
    for entry in summary:
        print(f"{entry['peer']:44} {entry['images_per_s']:10,.0f} {entry['throughput_times_theirs']:18.2f} "
              f"{entry['latency_ms']:14.3f} {entry['latency_times_ours']:11.2f}")
    return summary, wrong


def framework(peer):
    """"pytorch 1.13.0 channels_last" without the layout."""
    return peer.rsplit(" ", 1)[0]


def shapes(rounds):
    """A table for each of bench/shapes.json."""
    summary, wrong = {}, []
    for table in dict.fromkeys(run["table"] for run in rounds[0] if run["peer"] == "gibbs"):
        names = {run["shape"] for run in rounds[0] if run.get("table") == table}
        print(f"Shapes {table}")
        summary[table], errors = one_table([[run for run in runs if run["shape"] in names] for runs in rounds])
        wrong += errors
        print()
    return summary, wrong


def one_table(rounds):
    """Of a framework's layouts the fastest counts, round by round."""
    wrong, table = [], {}
    for runs in rounds:
        best = {}
        for run in runs:
            row = best.setdefault(run["shape"], {})
            name = framework(run["peer"])
            row[name] = min(row.get(name, run), run, key=lambda candidate: candidate["ms"])
        for shape, row in best.items():
            for name, run in row.items():
                table.setdefault(shape, {}).setdefault(name, []).append((run, row["gibbs"]))
    ours = {run["shape"]: run for run in rounds[0] if run["peer"] == "gibbs"}
    for run in rounds[0]:
        wrong += checksum_errors(run, ours[run["shape"]])
    frameworks = list(dict.fromkeys(name for row in table.values() for name in row if name != "gibbs"))
    summary = [{"shape": shape, "ms": median_of(row["gibbs"], "ms"),
                "gflop_per_s": row["gibbs"][0][0].get("gflop_per_s") and median_of(row["gibbs"], "gflop_per_s"),
                "peers": {name: {"ms": median_of(pairs, "ms"), "times_ours": ratio(pairs, "ms")}
                          for name, pairs in row.items() if name != "gibbs"}} for shape, row in table.items()]
    print(f"{'forward and backward, ms':48} {'gibbs':>8} {'GFLOP/s':>8}" +
          "".join(f" {name:>18} {'times ours':>11}" for name in frameworks))
    for entry in summary:
        rate = f"{entry['gflop_per_s']:8.0f}" if entry["gflop_per_s"] else " " * 8
        peers = [entry["peers"].get(name, {"ms": math.nan, "times_ours": math.nan}) for name in frameworks]
        print(f"{entry['shape']:48} {entry['ms']:8.3f} {rate}" +
              "".join(f" {peer['ms']:18.3f} {peer['times_ours']:11.2f}" for peer in peers))
    for name in frameworks:
        ratios = {entry["shape"]: entry["peers"][name]["times_ours"] for entry in summary if name in entry["peers"]}
        worst = min(ratios, key=ratios.get)
        print(f"against {name}: geometric mean {statistics.geometric_mean(ratios.values()):.2f} times ours, "
              f"worst {ratios[worst]:.2f} ({worst})")
    return summary, wrong


def draw(summary, path):
    """A bar per program, from top to bottom; the picture grows with their number. A bar longer than 12 of ours is cut,
    or the others could not be told apart: its number says how long it is."""
    end = min(1.2 * max(entry["max_ms"] for entry in summary), 15 * summary[0]["median_ms"])
    rows = []
    for entry in summary:
        shown = [min(entry[key], 0.8 * end) for key in ("median_ms", "min_ms", "max_ms")]
        label = f"{entry['median_ms']:,.1f}" + (" (cut)" if entry["median_ms"] > 0.8 * end else "")
        rows.append(f'"{entry["peer"].replace("_", " ")}" {shown[0]} {shown[1]} {shown[2]} "{label}"')
    data = "\n".join(rows)
    script = f"""
set terminal svg size 860,{110 + 34 * len(summary)} font "sans,13" background "white"
set output "{path}"
set title "One training step of 250 images, ms: median, least to most"
set xrange [0:{end}]
set yrange [{len(summary) - 0.4}:-0.6]
set style fill solid 0.8 noborder
set grid xtics
set ytics scale 0
unset key
$runs << EOD
{data}
EOD
plot $runs using ($2/2):0:($2/2):(0.3):ytic(1) with boxxyerror linecolor rgb "#4472c4", \\
     $runs using 2:0:3:4 with xerrorbars linecolor rgb "black" pointtype 0, \\
     $runs using 4:0:5 with labels left offset 0.8,0
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def models(rounds):
    """Of PyTorch's settings the fastest counts, round by round."""
    summary, wrong = [], []
    for ours in (run for run in rounds[0] if run["peer"] == "gibbs"):
        name, pairs = ours["shape"], []
        for runs in rounds:
            here = [run for run in runs if run["shape"] == name]
            peers = [run for run in here if run["peer"] != "gibbs"]
            if peers:
                pairs.append((min(peers, key=lambda run: run["ms"]), next(run for run in here if run["peer"] == "gibbs")))
        for run in (run for run in rounds[0] if run["shape"] == name):
            theirs, reference = run.get("loss_after_5_steps", math.nan), ours["loss_after_5_steps"]
            if not abs(theirs - reference) <= 1e-3 * max(1, abs(reference)):
                wrong.append(f"{run['peer']}, {name}: the loss after five steps is {theirs}, ours {reference}")
        own = [next(run for run in runs if run["peer"] == "gibbs" and run["shape"] == name) for runs in rounds]
        summary.append({"network": name, "batch": ours["batch"], "ms": statistics.median(run["ms"] for run in own),
                        "times_machine": statistics.median(run["times_machine"] for run in own),
                        "fastest_peer": pairs[0][0]["peer"] if pairs else None,
                        "peer_ms": median_of(pairs, "ms") if pairs else math.nan,
                        "peer_times_ours": ratio(pairs, "ms") if pairs else math.nan})
    print(f"{'network':20} {'batch':>6} {'gibbs, ms':>10} {'x machine':>10} {'PyTorch, ms':>12} {'times ours':>11}  which")
    for entry in summary:
        print(f"{entry['network']:20} {entry['batch']:6} {entry['ms']:10.2f} {entry['times_machine']:10.2f} "
              f"{entry['peer_ms']:12.2f} {entry['peer_times_ours']:11.2f}  {entry['fastest_peer'] or 'not measured'}")
    measured = [entry["peer_times_ours"] for entry in summary if entry["fastest_peer"]]
    if measured:
        print(f"geometric mean: {statistics.geometric_mean(measured):.2f} times ours")
    return summary, wrong


def write(summary, path):
    """Whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".json.part")
    with open(temporary, "w") as file:
        file.write(json.dumps(summary, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


def main():
    kind, runs, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    summarize, name = {"step": (step, "convnet_step"), "inference": (inference, "convnet_inference"),
                       "shapes": (shapes, "shapes"), "models": (models, "models")}[kind]
    summary, wrong = summarize(read_rounds(runs))
    write(summary, folder / f"{name}.json")
    if kind == "step":
        if shutil.which("gnuplot"):
            draw(summary, folder / "convnet_step.svg")
        else:
            print("The chart is not drawn: gnuplot is not installed (Debian: apt install gnuplot-nox)")
    if wrong:
        sys.exit("\n".join(["These did not compute the same:", *wrong]))


if __name__ == "__main__":
    main()
