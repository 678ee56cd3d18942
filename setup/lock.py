"""Writes constraints.txt from the environment that it runs in (`make lock` makes a fresh one).

Local version parts are left out (`2.13.0+cpu` becomes `2.13.0`), so that the file holds for
every build of a package, and so is what is not a dependency: this project, and pip.
"""

from importlib.metadata import distributions

import pins

HEADER = """\
# Exact versions of everything below the direct dependencies in pyproject.toml.
# Made by `make lock` from a fresh install (Python 3.11, Linux, x86-64); do not edit.
# Constraints install nothing, so a package that only another system needs does no harm here,
# and one that only another system has is simply not pinned there.
"""
LEFT_OUT = {"footnote", "pip"}


def main() -> None:
    """Replace the file."""
    pinned = {pins.normalised(dist.name): dist.version.partition("+")[0] for dist in distributions()}
    lines = [f"{name}=={pinned[name]}" for name in sorted(pinned) if name not in LEFT_OUT]
    path = pins.ROOT / "constraints.txt"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(lines)} packages")


if __name__ == "__main__":
    main()
