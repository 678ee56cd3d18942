"""The chat in the browser: settings → parts → the page.

Answers from the default library; an empty one gets the sample articles in `seeds/` first.
Everything else that can be done with a library: `footnote --help`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant import Assistant, Settings
from assistant.commands.progress import Bar
from assistant.llm.chosen import for_start
from assistant.llm.models import Places
from index.errors import FootnoteError, LibraryMissing, UsageError
from index.library import Library

SEEDS = Path(__file__).with_name("seeds")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the chat until it is interrupted; returns the exit code (see `index/errors.py`)."""
    args = arguments().parse_args(argv)
    settings, told = for_start(args.model, Places())
    if told:
        say(told)
    try:
        assistant = Assistant.open(args.library, **settings)
        assistant.find_model()
        if is_empty(assistant.library):
            add_seeds(assistant.library)
        from assistant.page.ui import serve

        serve(assistant, port=args.port, open_browser=not args.no_browser)
    except FootnoteError as error:
        say(str(error))
        return error.exit_code
    return 0


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    defaults = Settings()
    parser = argparse.ArgumentParser(description="Ask a folder of articles, in the browser.")
    parser.add_argument(
        "--library", type=Path, metavar="DIR", help=f"the library to ask ({defaults.library})"
    )
    parser.add_argument(
        "--model", help=f"a model's name or a GGUF file (the one chosen in the chat, else {defaults.model})"
    )
    parser.add_argument("--port", type=int, default=7860, help="0 takes a free one (7860)")
    parser.add_argument("--no-browser", action="store_true", help="only serve, open no browser")
    return parser


def is_empty(library: Library) -> bool:
    """Whether there is nothing to ask yet. Raises LibraryError for a library that is damaged."""
    try:
        return library.live.manifest.articles == 0
    except LibraryMissing:
        return True


def add_seeds(library: Library) -> None:
    """Add the sample articles, with a progress bar. Raises UsageError where there are none."""
    if not SEEDS.is_dir():
        raise UsageError("the library is empty; add articles with `footnote add FOLDER`")
    say("The library is empty, so the sample articles are added to it.")
    with Bar() as bar:
        library.add([SEEDS], bar)


def say(line: str) -> None:
    """A line for whoever started the program."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
