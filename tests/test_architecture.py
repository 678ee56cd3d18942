"""Imports point down only, each heavy library has one door, and the README's file map is true."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A file imports only from lower levels. A new file needs a level: one above the highest that it imports.
LEVELS = {
    "index/__init__.py": 0,  # imports nothing: whoever imports a part of it loads nothing else
    "index/errors.py": 0,
    "index/fuse.py": 0,
    "index/readers/dates.py": 0,
    "index/text.py": 0,
    "index/words.py": 0,
    "index/archive.py": 1,
    "index/embed.py": 1,
    "index/filter.py": 1,
    "index/keywords.py": 1,
    "index/permalink.py": 1,
    "index/readers/raw.py": 1,
    "index/scan.py": 1,
    "index/sentences.py": 1,
    "index/stories.py": 1,
    "index/lock.py": 2,
    "index/passages.py": 2,
    "index/readers/decode.py": 2,
    "index/readers/fields.py": 2,
    "index/readers/layout.py": 2,
    "index/readers/packed.py": 2,
    "index/readers/records.py": 2,
    "index/readers/word.py": 2,
    "index/vectors.py": 2,
    "index/watch.py": 2,
    "index/readers/page.py": 3,
    "index/readers/pdf.py": 3,
    "index/readers/plain.py": 3,
    "index/store.py": 3,
    "index/generations.py": 4,
    "index/grouped.py": 4,
    "index/readers/feed.py": 4,
    "index/readers/mail.py": 4,
    "index/readers/rows.py": 4,
    "index/report.py": 4,
    "index/rows.py": 4,
    "index/live.py": 5,
    "index/readers/__init__.py": 5,
    "assistant/llm/cache.py": 5,
    "index/build.py": 6,
    "index/sources.py": 6,
    "prompts/__init__.py": 6,
    "assistant/asking/__init__.py": 6,
    "assistant/asking/lexicon.py": 6,
    "assistant/asking/period.py": 6,
    "assistant/asking/question.py": 6,
    "assistant/checking/__init__.py": 6,
    "assistant/checking/similar.py": 6,
    "assistant/checking/spelling.py": 6,
    "assistant/checking/wording.py": 6,
    "assistant/commands/__init__.py": 6,
    "assistant/commands/progress.py": 6,
    "assistant/composing/__init__.py": 6,
    "assistant/digests/__init__.py": 6,
    "assistant/digests/spread.py": 6,
    "assistant/finding/__init__.py": 6,
    "assistant/finding/reader.py": 6,
    "assistant/keeping/__init__.py": 6,
    "assistant/keeping/fields.py": 6,
    "assistant/keeping/saved_file.py": 6,
    "assistant/llm/__init__.py": 6,
    "assistant/llm/branches.py": 6,
    "assistant/llm/cite.py": 6,
    "assistant/llm/copying.py": 6,
    "assistant/llm/gguf.py": 6,
    "assistant/llm/hub.py": 6,
    "assistant/llm/talk.py": 6,
    "assistant/measuring/__init__.py": 6,
    "assistant/measuring/gold.py": 6,
    "assistant/pace.py": 6,
    "assistant/page/__init__.py": 6,
    "assistant/page/keys_html.py": 6,
    "assistant/page/table.py": 6,
    "assistant/page/uploads.py": 6,
    "assistant/page/web.py": 6,
    "assistant/rendering/__init__.py": 6,
    "assistant/report/__init__.py": 6,
    "assistant/report/formats.py": 6,
    "assistant/report/names.py": 6,
    "assistant/report/runs.py": 6,
    "assistant/settings.py": 6,
    "assistant/tries/__init__.py": 6,
    "assistant/values.py": 6,
    "index/mend.py": 7,
    "assistant/asking/clause.py": 7,
    "assistant/asking/kinds.py": 7,
    "assistant/asking/mentions.py": 7,
    "assistant/checking/denial.py": 7,
    "assistant/checking/facts.py": 7,
    "assistant/checking/fragment.py": 7,
    "assistant/checking/order.py": 7,
    "assistant/checking/speaker.py": 7,
    "assistant/composing/compose.py": 7,
    "assistant/composing/origin.py": 7,
    "assistant/finding/cross.py": 7,
    "assistant/finding/near.py": 7,
    "assistant/finding/rank.py": 7,
    "assistant/finding/scope.py": 7,
    "assistant/keeping/kept.py": 7,
    "assistant/llm/lent.py": 7,
    "assistant/llm/line.py": 7,
    "assistant/llm/template.py": 7,
    "assistant/llm/weights.py": 7,
    "assistant/page/downloads.py": 7,
    "assistant/page/marks_html.py": 7,
    "assistant/rendering/timeline_html.py": 7,
    "assistant/report/collected.py": 7,
    "assistant/report/marks.py": 7,
    "assistant/tries/statement.py": 7,
    "index/library.py": 8,
    "assistant/asking/earlier.py": 8,
    "assistant/checking/verify.py": 8,
    "assistant/finding/enough.py": 8,
    "assistant/finding/likely.py": 8,
    "assistant/finding/recent.py": 8,
    "assistant/keeping/saved_reports.py": 8,
    "assistant/llm/merge.py": 8,
    "assistant/llm/models.py": 8,
    "assistant/llm/speed.py": 8,
    "assistant/rendering/scope_html.py": 8,
    "assistant/report/mended.py": 8,
    "assistant/report/reference.py": 8,
    "assistant/tries/alone.py": 8,
    "assistant/asking/ellipsis.py": 9,
    "assistant/asking/pronouns.py": 9,
    "assistant/checking/checked.py": 9,
    "assistant/commands/terminal.py": 9,
    "assistant/finding/evidence.py": 9,
    "assistant/keeping/cited.py": 9,
    "assistant/keeping/saved.py": 9,
    "assistant/llm/adapter.py": 9,
    "assistant/llm/chosen.py": 9,
    "assistant/llm/model.py": 9,
    "assistant/page/shelf.py": 9,
    "assistant/rendering/render.py": 9,
    "assistant/report/bibtex.py": 9,
    "assistant/report/csl_json.py": 9,
    "assistant/report/ris.py": 9,
    "assistant/report/written.py": 9,
    "assistant/tries/amounts.py": 9,
    "assistant/asking/followup.py": 10,
    "assistant/commands/shelve.py": 10,
    "assistant/composing/assemble.py": 10,
    "assistant/composing/opening.py": 10,
    "assistant/composing/widen.py": 10,
    "assistant/digests/gather.py": 10,
    "assistant/digests/says.py": 10,
    "assistant/finding/retrieve.py": 10,
    "assistant/keeping/exchange.py": 10,
    "assistant/keeping/votes.py": 10,
    "assistant/page/history_html.py": 10,
    "assistant/page/panel.py": 10,
    "assistant/rendering/how_html.py": 10,
    "assistant/rendering/working_html.py": 10,
    "assistant/report/characters.py": 10,
    "assistant/report/check.py": 10,
    "assistant/report/styles.py": 10,
    "assistant/tries/posing.py": 10,
    "assistant/commands/conversations_cli.py": 11,
    "assistant/composing/choose.py": 11,
    "assistant/composing/mark.py": 11,
    "assistant/composing/contradict.py": 11,
    "assistant/composing/decide.py": 11,
    "assistant/digests/digest.py": 11,
    "assistant/page/history_files.py": 11,
    "assistant/page/job_html.py": 11,
    "assistant/page/limits_html.py": 11,
    "assistant/page/models_html.py": 11,
    "assistant/page/reading_html.py": 11,
    "assistant/page/shelf_html.py": 11,
    "assistant/report/document.py": 11,
    "assistant/digests/forms.py": 12,
    "assistant/page/tab.py": 12,
    "assistant/report/html.py": 12,
    "assistant/report/markdown.py": 12,
    "assistant/report/pdf.py": 12,
    "assistant/report/word.py": 12,
    "assistant/settle.py": 12,
    "assistant/answer.py": 13,
    "assistant/report/copied.py": 13,
    "assistant/report/export.py": 13,
    "assistant/__init__.py": 14,
    "assistant/commands/reporting.py": 14,
    "assistant/measuring/evaluate.py": 14,
    "assistant/page/model_work.py": 14,
    "assistant/page/report_html.py": 14,
    "assistant/tries/tries.py": 14,
    "assistant/measuring/measures.py": 15,
    "assistant/page/model_tab.py": 15,
    "assistant/page/report_tab.py": 15,
    "assistant/page/turn.py": 15,
    "assistant/measuring/compare.py": 16,
    "assistant/page/conversation.py": 16,
    "assistant/measuring/review.py": 17,
    "assistant/page/history.py": 17,
    "assistant/page/chat.py": 18,
    "assistant/page/build.py": 19,
    "assistant/page/ui.py": 20,
    "assistant/cli.py": 21,
    "app.py": 21,
    "assistant/__main__.py": 22,
}

# The files that may import each: one for each network that runs in it.
DOORS = {
    "faiss": {"index/vectors.py"},
    "sentence_transformers": {"index/embed.py", "assistant/finding/cross.py"},
    "torch": {"index/embed.py", "assistant/finding/reader.py", "assistant/finding/cross.py"},
    "llama_cpp": {"assistant/llm/branches.py", "assistant/llm/model.py", "assistant/llm/template.py"},
    "gradio": {f"assistant/page/{name}.py" for name in ("build", "chat", "ui")},
    "trafilatura": {"index/readers/page.py"},
    "lxml": {"index/readers/page.py"},
    "pypdf": {"index/readers/pdf.py"},
    "docx": {"index/readers/word.py", "assistant/report/word.py"},
    "feedparser": {"index/readers/feed.py"},
    "dateparser": {"index/readers/dates.py"},
    "yaml": {"index/readers/plain.py"},
    "pathspec": {"index/scan.py"},
    "typst": {"assistant/report/pdf.py"},
    "watchfiles": {"index/watch.py"},
    "datasketch": {"index/stories.py"},
    "citeproc": {"assistant/report/mended.py", "assistant/report/written.py"},
    "pybtex": {"assistant/report/bibtex.py"},
    "rispy": {"assistant/report/ris.py"},
}
HEAVY = sorted(DOORS)

# A folder of one machine: nobody else has it.
MACHINE_PATH = re.compile(r"(?<![\w.:/~-])/(?:work|home|root|Users|mnt|media)/\w[^\s`\"')]*")
TEXT_FILES = {".py", ".md", ".toml", ".txt", ".js", ".css", ".jsonl", ".json", ".yml", ".sh", ""}


def sources() -> list[str]:
    """The program's Python files, relative to the repository."""
    found = [f for package in ("index", "assistant", "prompts") for f in ROOT.glob(f"{package}/**/*.py")]
    return sorted(f.relative_to(ROOT).as_posix() for f in [*found, ROOT / "app.py"] if f.is_file())


def imports(file: str) -> list[tuple[str, str]]:
    """All that a file imports, anywhere in it: `("a.b", "c")` for `from a.b import c`."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{file}: imports are absolute, to be read"
            found += [(node.module, alias.name) for alias in node.names]
    return found


def own_imports(file: str) -> set[str]:
    """The files of this project that a file imports: `from a import b` is `a/b.py` where that exists."""
    found: set[str] = set()
    for module, name in imports(file):
        path = module.replace(".", "/")
        places = [f"{path}/{name}.py", f"{path}/{name}/__init__.py", f"{path}.py", f"{path}/__init__.py"]
        found.update([place for place in places if (ROOT / place).is_file()][:1])
    return found - {file}


def test_every_file_has_a_level_and_every_level_a_file():
    unknown = sorted(set(sources()) - set(LEVELS))
    assert not unknown, f"add {unknown} to LEVELS, one level above the highest that they import"
    gone = sorted(set(LEVELS) - set(sources()))
    assert not gone, f"remove {gone} from LEVELS"


@pytest.mark.parametrize("file", sources())
def test_imports_point_down_only(file: str):
    level = LEVELS.get(file, 99)  # of a file without one, the test above complains
    up = {other: LEVELS[other] for other in own_imports(file) & set(LEVELS) if LEVELS[other] >= level}
    assert not up, f"{file} is on level {level} and imports from its own level or above: {up}"


def test_packages_point_down_only():
    """`app` → `assistant` → `prompts`, `index`."""
    below = {"index": {"index"}, "prompts": {"prompts"}, "assistant": {"assistant", "prompts", "index"}}
    for file in sources():
        package = file.split("/")[0]
        others = {other.split("/")[0] for other in own_imports(file)}
        assert others <= below.get(package, {"assistant", "prompts", "index"}), file


def test_there_are_no_cycles():
    graph = {file: own_imports(file) for file in sources()}
    assert {"index/library.py", "index/store.py"} <= set(graph)
    assert "index/text.py" in graph["index/store.py"]
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError


@pytest.mark.parametrize("package", HEAVY)
def test_a_heavy_library_is_imported_through_its_door_only(package: str):
    users = {f for f in sources() if any(m.split(".")[0] == package for m, _ in imports(f))}
    assert users == DOORS[package]


def test_folders_import_down_too():
    """The steps are in an order: no two folders of `assistant/` need each other."""

    def step(file: str) -> str:
        return "/".join(file.split("/")[:2])

    steps: dict[str, set[str]] = {}
    for file in sources():
        if file.startswith("assistant/") and not file.endswith("__init__.py"):
            others = {step(f) for f in own_imports(file) if f.startswith("assistant/")}
            steps.setdefault(step(file), set()).update(others - {step(file), "assistant/__init__.py"})
    assert len(list(graphlib.TopologicalSorter(steps).static_order())) >= len(steps)


def test_nothing_heavy_is_loaded_before_it_is_needed():
    """So that `--help` and a mistyped command answer at once."""
    script = (
        "import sys, index.library, assistant.cli\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_file_map_of_the_readme_lists_exactly_the_files_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    maps = [b for b in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S) if "index/errors.py" in b]
    assert len(maps) == 1, "the README has one fenced block that starts each line with a path"
    listed = re.findall(r"^(\S+)", maps[0], re.MULTILINE)  # an indented line goes on with the one above
    exist = [
        file.relative_to(ROOT).as_posix()
        for package in ("index", "assistant", "prompts")
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.name != "py.typed"
    ]
    assert sorted(listed) == sorted([*exist, "app.py"])


def test_the_file_map_lists_a_file_after_all_that_it_imports():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^((?:index|assistant|prompts)/\S+\.py|app\.py)", text, re.MULTILINE)
    place = {name: number for number, name in enumerate(listed)}
    too_early = [
        (name, other)
        for name in listed
        for other in own_imports(name)
        if not other.endswith("__init__.py") and place[other] > place[name]
    ]
    assert too_early == []


def test_no_file_names_a_folder_of_one_machine():
    named: list[str] = []
    for file in _project_files():
        for found in MACHINE_PATH.findall(file.read_text(encoding="utf-8")):
            named.append(f"{file.relative_to(ROOT)}: {found}")
    assert MACHINE_PATH.findall("see `/" + "home/me/articles/a.txt`") == ["/" + "home/me/articles/a.txt"]
    assert named == []


def _project_files() -> list[Path]:
    folders = ("index", "assistant", "prompts", "tests", "bench", "setup", "docs", "seeds", ".ci")
    files = [f for folder in folders for f in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    kept = [f for f in files if f.is_file() and f.suffix in TEXT_FILES and "__pycache__" not in f.parts]
    assert Path(__file__).resolve() in kept
    return [f for f in kept if f.name not in {".git", ".gitignore"}]
