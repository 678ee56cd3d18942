"""The losses of a run, a JSON line for each step → a picture of them.

python -m training.losses build/adapter.log.jsonl --out build/adapter.losses.svg
"""

import argparse
import json
from pathlib import Path

SMOOTHED = 0.97  # share of the mean so far that a step keeps


def smoothed(losses: list[float]) -> list[float]:
    """The running mean of the losses, which begins with the first one.

    >>> [round(loss, 2) for loss in smoothed([1.0, 1.0, 0.0])]
    [1.0, 1.0, 0.97]
    """
    found: list[float] = []
    for loss in losses:
        found.append(SMOOTHED * found[-1] + (1 - SMOOTHED) * loss if found else loss)
    return found


def draw(log: Path, out: Path) -> None:
    """Write the picture; its name's ending says the format. A step that was done again after a stop counts
    as it was done last."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    steps = {line["step"]: line["loss"] for line in map(json.loads, log.read_text("utf-8").splitlines())}
    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    numbers = sorted(steps)
    losses = [steps[number] for number in numbers]
    axes.plot(numbers, losses, ".", markersize=2, alpha=0.3, label="a step")
    axes.plot(numbers, smoothed(losses), label="running mean")
    axes.set(xlabel="step", ylabel="loss of a question")
    axes.legend()
    figure.savefig(out)


def main() -> None:
    """Read, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    draw(arguments.log, arguments.out)


if __name__ == "__main__":
    main()
