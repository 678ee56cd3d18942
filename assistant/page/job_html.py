"""A job on the library, what it did, and the history → safe HTML.

Escapes as render.py does. A running job is drawn again and again, so nothing in it is to be clicked: the
button that stops it is in shelf_html.py. Pure functions, no gradio, no library.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from assistant.page.shelf import Job
from assistant.rendering.render import closed, count
from assistant.rendering.working_html import about
from index.store import Manifest
from index.text import human_date

MAX_NAMES = 200  # of a report that are listed by name
STEPS = {
    "reading": "Reading the files",
    "comparing": "Looking for the same story twice",
    "splitting": "Splitting the articles into passages",
    "embedding passages": "Indexing the passages by meaning",
    "embedding sentences": "Indexing the sentences by meaning",
}
KINDS = {
    "added": "added",
    "changed": "changed",
    "moved": "moved",
    "removed": "removed",
    "duplicates": "with the text of another",
    "unchanged": "unchanged",
}


def job_html(job: Job | None) -> str:
    """A job that runs, with how far it is; or how it ended. "" where there was none.

    >>> job_html(Job("Adding <b>", lambda progress, yes: ""))[:61]
    '<section class="job" data-outcome="waiting" aria-label="Addin'
    """
    if job is None:
        return ""
    head = f'<section class="job" data-outcome="{job.outcome}" aria-label="{escape(job.what)}">'
    if not job.over:
        return f"{head}<p><strong>{escape(job.what)}</strong></p>{_bar(job)}</section>"
    if job.outcome == "asks":
        what = escape(job.message.partition(";")[0])
        return (
            f'{head}<div role="alert"><p><strong>{what}.</strong></p><p>If a disk or a folder is missing, '
            "bring it back first, then update again.</p></div>"
            '<p><button type="button" class="press" data-do="no">Keep them all</button> '
            '<button type="button" class="press strong" data-do="yes">Remove them</button></p></section>'
        )
    told = job.message or summary(job.report.as_kept() if job.report else {})
    role = 'role="alert" class="error"' if job.outcome == "failed" else 'role="status"'
    return f"{head}<p {role}>{escape(told[:1].upper() + told[1:])}</p></section>"


def _bar(job: Job) -> str:
    doing = STEPS.get(job.step, job.step.capitalize()) or "Looking at the files"
    going = job.done < job.of  # else the step has ended, and what the next one is has not been told
    so_far = f"{job.done:,} of {job.of:,}" if job.of else ""
    left = f"{about(job.left_s)} left in this step" if going and job.left_s is not None else ""
    value = f' max="{job.of}" value="{job.done}"' if going else ""
    facts = " · ".join(fact for fact in (so_far, left) if fact)
    return (
        f'<p class="step">{escape(doing)}<span class="fine">{facts}</span></p>'
        f'<progress aria-label="{escape(doing)}"{value}></progress>'
        '<p class="fine">Questions are answered meanwhile, from the articles as they were.</p>'
    )


def summary(report: Mapping[str, object]) -> str:
    """A report in one line.

    >>> summary({"added": ["a.txt"], "refused": {"/b.txt": "b.txt: empty"}, "seconds": 2.04})
    '1 added, 1 refused, in 2.0 s'
    >>> summary({"unchanged": 14})
    'Nothing has changed'
    """
    found = [f"{_number(report, kind):,} {word}" for kind, word in KINDS.items() if kind != "unchanged"]
    found = [fact for fact in found if not fact.startswith("0 ")]
    refused = _number(report, "refused")
    if refused:
        found.append(f"{refused:,} refused")
    if not found:
        return "Nothing has changed"
    seconds = report.get("seconds")
    return ", ".join(found) + (f", in {seconds:.1f} s" if isinstance(seconds, float) and seconds else "")


def _number(report: Mapping[str, object], kind: str) -> int:
    value = report.get(kind)
    return value if isinstance(value, int) else len(value) if isinstance(value, list | dict) else 0


def report_html(report: Mapping[str, object]) -> str:
    """What the last update did, kind by kind; names folded away, but not those of refused files."""
    if not report:
        return ""
    parts = []
    refused = report.get("refused")
    if isinstance(refused, dict) and refused:
        parts.append(_names(f"{count(len(refused), 'file')} refused", map(str, refused.values()), open_=True))
    for kind, word in KINDS.items():
        value = report.get(kind)
        if isinstance(value, list) and value:
            parts.append(_names(f"{len(value):,} {word}", map(str, value)))
        elif _number(report, kind):
            parts.append(f"<p>{_number(report, kind):,} {word}</p>")
    told = "".join(parts) or "<p>Nothing has changed.</p>"
    return f'<section class="report"><h3>Last update</h3>{told}</section>'


def _names(summary: str, names: Iterable[str], *, open_: bool = False) -> str:
    names = list(names)
    rows = "".join(f'<li dir="auto">{escape(closed(name))}</li>' for name in names[:MAX_NAMES])
    more = f"<li>and {len(names) - MAX_NAMES:,} more</li>" if len(names) > MAX_NAMES else ""
    state = " open" if open_ else ""
    return f"<details{state}><summary>{escape(summary)}</summary><ul>{rows}{more}</ul></details>"


def history_html(history: Sequence[Manifest], live: str, *, editable: bool) -> str:
    """The generations that are kept, newest first, and the way back to the one before the live one."""
    rows = "".join(_generation(manifest, manifest.generation == live) for manifest in history)
    back = before(history, live)
    button = (
        f'<button type="button" class="press" data-do="back">'
        f"Go back to generation {int(back.generation)}</button>"
        if back and editable
        else ""
    )
    return f'<section class="history"><h3>History</h3><ol>{rows}</ol>{button}</section>' if rows else ""


def before(history: Sequence[Manifest], live: str) -> Manifest | None:
    """The generation that a rollback goes back to: the one that the live one was built from, or the one
    before it where that is gone; None where there is none."""
    earlier = [manifest for manifest in history if manifest.generation < live]
    parent = next((manifest.parent for manifest in history if manifest.generation == live), None)
    return next((m for m in earlier if m.generation == parent), earlier[0] if earlier else None)


def _generation(manifest: Manifest, live: bool) -> str:
    now = ' <span class="now">now</span>' if live else ""
    facts = f"{when(manifest.created)} · {summary(manifest.report)}"
    return (
        f"<li><strong>{int(manifest.generation)}</strong>{now} {count(manifest.articles, 'article')}"
        f'<span class="fine">{escape(facts)}</span></li>'
    )


def when(created: str) -> str:
    """An ISO time as the people at this machine tell it; "" when it is none.

    >>> when("2026-11-21T10:00:00+00:00").startswith("21 November 2026, ")
    True
    """
    try:
        time = dt.datetime.fromisoformat(created).astimezone()
    except ValueError:
        return ""
    return f"{human_date(time.date())}, {time:%H:%M}"


def sources_html(sources: Sequence[str], uploads: str) -> str:
    """The files and folders that Update reads again."""
    rows = "".join(
        f'<li dir="auto">{"uploaded files" if source == uploads else escape(closed(source))}</li>'
        for source in sources
    )
    return f'<section class="roots"><h3>Update reads</h3><ul>{rows}</ul></section>' if rows else ""
