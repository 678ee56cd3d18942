"""The `footnote` command: arguments → one operation → lines or JSON, and an exit code.

Exit codes: 0 done; 1 the question was not answered or some files were refused; 2 wrong use; 3 broken
library or model. Messages for people go to standard error, results to standard output. Heavy packages load
only in the commands that need them, so `--help` is instant.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO, cast

from assistant.answer import Assistant
from assistant.commands.conversations_cli import add_conversations_command
from assistant.commands.progress import counted
from assistant.commands.reporting import add_report_command
from assistant.commands.shelve import add_commands
from assistant.commands.terminal import complain, show
from assistant.rendering.render import markdown
from assistant.settings import DEFAULT_MODEL, DEFAULT_READER, NO_ADAPTER, SHIPPED_ADAPTER, default_library
from assistant.values import turn_from_json
from index.embed import DEFAULT_ENCODER
from index.errors import FootnoteError, UsageError
from index.filter import Filter

EXIT_NOT_ANSWERED = 1
EXIT_FAILED = 3
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the outermost door, so every error becomes one line and a code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except FootnoteError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("stopped; nothing was changed")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `footnote list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it once more
        return 0
    except OSError as error:  # a folder that may not be read, a disk that is full
        complain(f"{error.filename or 'a file'}: {error.strerror or error}; see its permissions and the disk")
        return EXIT_FAILED


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    top = argparse.ArgumentParser(
        prog="footnote", description="Ask your articles: every sentence footnoted, every footnote checked."
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--library", type=Path, default=default_library(), metavar="DIR")
        made.add_argument("--json", action="store_true", help="print JSON")
        made.add_argument("--encoder", default=DEFAULT_ENCODER, help="a folder or a model id")
        made.set_defaults(run=run)
        return made

    add_commands(command)
    add_conversations_command(command)
    ask = command("ask", _ask, "ask a question")
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--history", nargs="*", type=Path, default=[], metavar="ANSWER.json")
    ask.add_argument("--from", dest="first", metavar="DATE", help="only articles of that day (2022-05-06) on")
    ask.add_argument("--to", dest="last", metavar="DATE", help="only articles up to that day")
    ask.add_argument("--source", action="append", metavar="NAME", help="only articles of that outlet")
    ask.add_argument("--any-date", action="store_true", help="a time in the question restricts nothing")
    evaluate = command("evaluate", _evaluate, "ask a file of questions and measure the answers")
    evaluate.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    evaluate.add_argument("--out", type=Path, metavar="ANSWERS.jsonl", help="keep every answer")
    evaluate.add_argument(
        "--against", type=Path, metavar="OLD", help="compare with an earlier run: its --json or its --out"
    )
    evaluate.add_argument(
        "--html", type=Path, metavar="REPORT.html", help="write a page to read the failures on"
    )
    add_report_command(command)
    chat = command("chat", _chat, "open the chat in the browser")
    chat.add_argument("--host", default="127.0.0.1")
    chat.add_argument("--port", type=int, default=7860)
    chat.add_argument("--no-browser", action="store_true", help="do not open a browser")
    for made in (ask, evaluate, chat):
        chosen = "the one chosen in its Model tab, else " if made is chat else ""
        made.add_argument(
            "--model",
            default=None if chosen else DEFAULT_MODEL,
            help=f"a GGUF file, or hf:owner/repo/file.gguf[@revision] (default: {chosen}{DEFAULT_MODEL})",
        )
        made.add_argument(
            "--adapter",
            default=SHIPPED_ADAPTER,
            help=f"{SHIPPED_ADAPTER} (the default, for {DEFAULT_MODEL} alone), {NO_ADAPTER}, or a GGUF file"
            " made for the model in use",
        )
        made.add_argument("--no-model", action="store_true", help="answer with quotes only")
        made.add_argument(
            "--reader",
            default=DEFAULT_READER,
            help="what reads the passages: the default, a cross-encoder (folder or model id), or none",
        )
    return top


# --- questions ---------------------------------------------------------------------------------------


def _ask(arguments: argparse.Namespace) -> int:
    history = [_turn(file) for file in arguments.history]
    given = {"first": arguments.first, "last": arguments.last, "sources": arguments.source}
    wanted = Filter.from_json(given)
    answer = _assistant(arguments).ask(arguments.question, history, wanted, period=not arguments.any_date)
    if answer.status == "failed":
        complain(answer.text)
    if answer.status != "failed" or arguments.json:
        show(answer.as_json(), markdown(answer), arguments)
    return {"answered": 0, "not_found": EXIT_NOT_ANSWERED, "failed": EXIT_FAILED}[answer.status]


def _turn(file: Path) -> tuple[str, str]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: not an answer in JSON; save one with `footnote ask … --json`") from error
    if not isinstance(data, dict):
        raise UsageError(f"{file}: not an answer in JSON; save one with `footnote ask … --json`")
    return turn_from_json(data)


def _evaluate(arguments: argparse.Namespace) -> int:
    from assistant.measuring.compare import check_common, compare, read_results, report
    from assistant.measuring.evaluate import Asked, kept, read_questions, run
    from assistant.measuring.measures import summary, table
    from assistant.measuring.review import review

    _all_different(arguments)
    questions = read_questions(arguments.questions)
    before = read_results(arguments.against) if arguments.against else []
    if before:
        check_common(before, questions)
    assistant = _assistant(arguments)
    _ = assistant.library.live  # what can fail goes first: --out overwrites an earlier run
    assistant.warm_up()  # so that the first question's time is like any other's
    _opened(arguments.html, "a", "--html").close()
    asked: list[Asked] = []
    stopped = False
    with _opened(arguments.out, "w", "--out") as out:
        try:
            for one in counted(kept(run(assistant, questions), out), len(questions), "question"):
                asked.append(one)
        except KeyboardInterrupt:  # what was asked is not lost
            stopped = True
            where = f"; their answers are in {arguments.out}" if arguments.out else ""
            complain(f"stopped after {len(asked)} of {len(questions)} questions{where}")
    results = [result for _, _, result in asked]
    comparison = compare(before, results) if before and results else None
    measures = summary(results)
    text = table({arguments.questions.stem: measures})
    data: dict[str, Any] = {"measures": measures, "questions": [result.as_json() for result in results]}
    if comparison:
        text, data["against"] = f"{text}\n\n{report(comparison)}", comparison.as_json()
    if arguments.html:
        arguments.html.write_text(review(str(arguments.questions), asked, comparison), encoding="utf-8")
    show(data, text, arguments)
    return EXIT_INTERRUPTED if stopped else 0


def _all_different(arguments: argparse.Namespace) -> None:
    """Raises UsageError where one file would overwrite another."""
    named = {"QUESTIONS": arguments.questions, "--against": arguments.against}
    named |= {"--out": arguments.out, "--html": arguments.html}
    seen: dict[Path, str] = {}
    for name, file in named.items():
        if file is not None and (other := seen.setdefault(file.resolve(), name)) != name:
            raise UsageError(f"{file}: is {other} and {name} both, and would be overwritten; name another")


def _opened(file: Path | None, mode: str, option: str) -> TextIO:
    """The file to write into; nowhere for None. Raises UsageError."""
    try:
        return cast(TextIO, (file or Path(os.devnull)).open(mode, encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: can't be written ({error.strerror}); give another {option}") from error


def _chat(arguments: argparse.Namespace) -> int:
    from assistant.llm.chosen import for_start
    from assistant.llm.models import Places
    from assistant.page.ui import serve

    settings, told = for_start(arguments.model, Places())
    if told:
        complain(told)
    arguments.model = settings["model"]
    arguments.no_model = arguments.no_model or not settings.get("use_model", True)
    assistant = _assistant(arguments)
    assistant.find_model()
    serve(assistant, arguments.host, arguments.port, open_browser=not arguments.no_browser)
    return 0


# --- parts -------------------------------------------------------------------------------------------


def _assistant(arguments: argparse.Namespace) -> Assistant:
    return Assistant.open(
        arguments.library,
        model=arguments.model,
        encoder=arguments.encoder,
        use_model=not arguments.no_model,
        reader=arguments.reader,
        adapter=arguments.adapter,
    )
