"""Reads the runs that bench/run.sh collected (a JSON object per line), prints the table, writes convnet_step.json and a
bar chart. Usage: report.py RUNS FOLDER"""
import collections
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys


def summarize(lines):
    """One entry per program, ours first: times over the rounds, and the ratio round by round to ours."""
    runs = collections.defaultdict(list)
    for line in lines:
        run = json.loads(line)
        runs[run["peer"]].append(run)
    ours = [run["ms"] for run in runs["gibbs"]]
    summary = []
    for peer, rounds in runs.items():
        times = [run["ms"] for run in rounds]
        entry = {"peer": peer, "median_ms": statistics.median(times), "min_ms": min(times), "max_ms": max(times),
                 "times_ours": statistics.median(theirs / mine for mine, theirs in zip(ours, times)),
                 "loss_after_5_steps": next((run["loss_after_5_steps"] for run in rounds if "loss_after_5_steps" in run),
                                            None)}
        if "efficiency" in rounds[0]:
            entry["efficiency"] = statistics.median(run["efficiency"] for run in rounds)
            entry["sgemm_gflop_per_s"] = statistics.median(run["sgemm_gflop_per_s"] for run in rounds)
            entry["blas_core"] = rounds[0]["blas_core"]
        summary.append(entry)
    return summary


def print_table(summary):
    print(f"{'who':32} {'ms/step':>9} {'min':>8} {'max':>8} {'times ours':>11} {'loss after 5 steps':>19}")
    for entry in summary:
        print(f"{entry['peer']:32} {entry['median_ms']:9.1f} {entry['min_ms']:8.1f} {entry['max_ms']:8.1f} "
              f"{entry['times_ours']:11.2f} {entry['loss_after_5_steps']:19.6f}")
    ours = summary[0]
    print(f"gibbs runs the step at {ours['efficiency']:.2f} of sgemm (2048 x 2048: {ours['sgemm_gflop_per_s']:.0f} "
          f"GFLOP/s with OpenBLAS' kernels for {ours['blas_core']})")


def draw(summary, path):
    data = "\n".join(f'"{entry["peer"]}" {entry["median_ms"]} {entry["min_ms"]} {entry["max_ms"]}' for entry in summary)
    script = f"""
set terminal svg size 720,360 font "sans,13" background "white"
set output "{path}"
set title "One training step of the article's network, 250 images"
set ylabel "ms (median, least to most)"
set yrange [0:{1.15 * max(entry["max_ms"] for entry in summary)}]
set style fill solid 0.8
set boxwidth 0.6
set grid ytics
unset key
$runs << EOD
{data}
EOD
plot $runs using 0:2:xtic(1) with boxes linecolor rgb "#4472c4", \\
     $runs using 0:2:3:4 with yerrorbars linecolor rgb "black" pointsize 0, \\
     $runs using 0:4:(sprintf("%.1f ms", $2)) with labels offset 0,0.8
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    runs, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    summary = summarize(open(runs))
    print_table(summary)
    folder.mkdir(exist_ok=True)
    temporary = folder / "convnet_step.json.part"
    with open(temporary, "w") as file:
        file.write(json.dumps(summary, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / "convnet_step.json")
    if shutil.which("gnuplot"):
        draw(summary, folder / "convnet_step.svg")
    else:
        print("The chart is not drawn: gnuplot is not installed (Debian: apt install gnuplot-nox)")


if __name__ == "__main__":
    main()
