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
    "index/readers/__init__.py": 5,
    "index/build.py": 6,
    "index/sources.py": 6,
    "prompts/__init__.py": 6,
    "assistant/cite.py": 6,
    "assistant/copying.py": 6,
    "assistant/fields.py": 6,
    "assistant/gguf.py": 6,
    "assistant/gold.py": 6,
    "assistant/hub.py": 6,
    "assistant/lexicon.py": 6,
    "assistant/period.py": 6,
    "assistant/progress.py": 6,
    "assistant/question.py": 6,
    "assistant/reader.py": 6,
    "assistant/report/__init__.py": 6,
    "assistant/report/names.py": 6,
    "assistant/report/runs.py": 6,
    "assistant/saved_file.py": 6,
    "assistant/settings.py": 6,
    "assistant/similar.py": 6,
    "assistant/spelling.py": 6,
    "assistant/spread.py": 6,
    "assistant/table.py": 6,
    "assistant/talk.py": 6,
    "assistant/uploads.py": 6,
    "assistant/values.py": 6,
    "assistant/web.py": 6,
    "assistant/wording.py": 6,
    "index/mend.py": 7,
    "assistant/clause.py": 7,
    "assistant/compose.py": 7,
    "assistant/cross.py": 7,
    "assistant/denial.py": 7,
    "assistant/downloads.py": 7,
    "assistant/facts.py": 7,
    "assistant/fragment.py": 7,
    "assistant/kept.py": 7,
    "assistant/kinds.py": 7,
    "assistant/lent.py": 7,
    "assistant/mentions.py": 7,
    "assistant/model.py": 7,
    "assistant/near.py": 7,
    "assistant/order.py": 7,
    "assistant/origin.py": 7,
    "assistant/rank.py": 7,
    "assistant/report/collected.py": 7,
    "assistant/report/marks.py": 7,
    "assistant/scope.py": 7,
    "assistant/speaker.py": 7,
    "assistant/statement.py": 7,
    "assistant/timeline_html.py": 7,
    "assistant/weights.py": 7,
    "index/library.py": 8,
    "assistant/alone.py": 8,
    "assistant/earlier.py": 8,
    "assistant/enough.py": 8,
    "assistant/likely.py": 8,
    "assistant/models.py": 8,
    "assistant/report/mended.py": 8,
    "assistant/report/reference.py": 8,
    "assistant/saved_reports.py": 8,
    "assistant/scope_html.py": 8,
    "assistant/speed.py": 8,
    "assistant/verify.py": 8,
    "assistant/amounts.py": 9,
    "assistant/checked.py": 9,
    "assistant/chosen.py": 9,
    "assistant/cited.py": 9,
    "assistant/ellipsis.py": 9,
    "assistant/evidence.py": 9,
    "assistant/pronouns.py": 9,
    "assistant/render.py": 9,
    "assistant/report/bibtex.py": 9,
    "assistant/report/csl_json.py": 9,
    "assistant/report/ris.py": 9,
    "assistant/report/written.py": 9,
    "assistant/saved.py": 9,
    "assistant/shelf.py": 9,
    "assistant/terminal.py": 9,
    "assistant/assemble.py": 10,
    "assistant/exchange.py": 10,
    "assistant/followup.py": 10,
    "assistant/gather.py": 10,
    "assistant/history_html.py": 10,
    "assistant/job_html.py": 10,
    "assistant/panel.py": 10,
    "assistant/posing.py": 10,
    "assistant/report/characters.py": 10,
    "assistant/report/check.py": 10,
    "assistant/report/styles.py": 10,
    "assistant/retrieve.py": 10,
    "assistant/says.py": 10,
    "assistant/shelve.py": 10,
    "assistant/contradict.py": 11,
    "assistant/conversations_cli.py": 11,
    "assistant/decide.py": 11,
    "assistant/digest.py": 11,
    "assistant/history_files.py": 11,
    "assistant/limits_html.py": 11,
    "assistant/models_html.py": 11,
    "assistant/report/document.py": 11,
    "assistant/shelf_html.py": 11,
    "assistant/forms.py": 12,
    "assistant/report/html.py": 12,
    "assistant/report/markdown.py": 12,
    "assistant/report/pdf.py": 12,
    "assistant/report/word.py": 12,
    "assistant/tab.py": 12,
    "assistant/answer.py": 13,
    "assistant/report/copied.py": 13,
    "assistant/report/export.py": 13,
    "assistant/__init__.py": 14,
    "assistant/evaluate.py": 14,
    "assistant/model_work.py": 14,
    "assistant/report_html.py": 14,
    "assistant/reporting.py": 14,
    "assistant/tries.py": 14,
    "assistant/measures.py": 15,
    "assistant/model_tab.py": 15,
    "assistant/report_tab.py": 15,
    "assistant/turn.py": 15,
    "assistant/compare.py": 16,
    "assistant/conversation.py": 16,
    "assistant/history.py": 17,
    "assistant/review.py": 17,
    "assistant/ui.py": 18,
    "assistant/cli.py": 19,
    "app.py": 19,
    "assistant/__main__.py": 20,
}

# The files that may import each: one for each network that runs in it.
DOORS = {
    "faiss": {"index/vectors.py"},
    "sentence_transformers": {"index/embed.py", "assistant/cross.py"},
    "torch": {"index/embed.py", "assistant/reader.py", "assistant/cross.py"},
    "llama_cpp": {"assistant/model.py"},
    "gradio": {"assistant/ui.py"},
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
