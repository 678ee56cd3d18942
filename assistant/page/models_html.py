"""The Model tab as safe HTML: the model in use, those on this computer, those to download, what goes on.

Escapes as render.py does: names come from files and are untrusted text. What would be drawn again while
somebody types in it or clicks on it (a field, the stop button) is in `tools_html` and `STOP`, which are
drawn once. Pure functions, no gradio. `data-` attributes are what models.js goes by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from assistant.llm.hub import CHECKING, LOADING
from assistant.llm.models import MEASURING, OPENING, Memory, Model, Recommended
from assistant.llm.speed import Speed
from assistant.page.shelf import Job
from assistant.rendering.render import closed
from assistant.rendering.working_html import about as about_s

LINK = '<a href="#model">Model</a>'
WORD_TOKENS = 1.33  # of English, about
SENTENCE_TOKENS = 30
LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT"}
STEPS = {
    LOADING: "Downloading",
    CHECKING: "Checking the SHA-256",
    OPENING: "Loading the model",
    MEASURING: "Measuring how fast it is on this computer",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the whole tab goes by."""

    used: Model | None
    setting: str  # of the model in use, also where its file is gone
    writes: bool  # False: answers are quotes only
    context_tokens: int
    speed: Speed | None
    memory: Memory


@dataclass(frozen=True, slots=True)
class Offer:
    """A recommended model, and how much of it is here."""

    model: Recommended
    here: bool
    arrived: int  # bytes of a download that is not whole


# --- drawn once ----------------------------------------------------------------------------------

HERE = "<h3>On this computer</h3>"
OFFERED = (
    '<h3>To download</h3><p class="fine lead">From huggingface.co, pinned and checked by SHA-256. Nothing '
    "else here uses the network, and this only when you press the button.</p>"
)
STOP = '<p class="buttons"><button type="button" class="press" data-do="stop">Stop the download</button></p>'


def tools_html(folder: str) -> str:
    """How another file comes into the list."""
    return (
        '<form class="add"><label for="models-file">A GGUF file on this computer</label>'
        '<span class="pair"><input id="models-file" name="file" placeholder="~/Downloads/model.gguf" '
        'autocomplete="off" spellcheck="false"><button type="submit" class="press">Add</button></span>'
        f'<p class="fine">Files in <span dir="ltr">{escape(folder)}</span> are in the list anyway.</p></form>'
    )


# --- the model in use ----------------------------------------------------------------------------


def now_html(shown: Shown) -> str:
    """The model in use: what it is, what it takes, how fast it is here; and the switch for quotes only."""
    used = shown.used
    if used is None:
        head = (
            f'<p class="name">{escape(closed(shown.setting))}</p>'
            '<p class="note error">Its file is gone. Choose another model, or quotes only.</p>'
        )
    else:
        head = f'<p class="name">{escape(closed(used.name))}</p><dl>{_facts(used, shown)}</dl>'
    only = "" if shown.writes else " checked"
    return (
        f'<section class="now" aria-label="The model in use">{head}'
        f'<label class="switch"><input type="checkbox" role="switch" name="quotes" data-keep="quotes"{only}>'
        "<span><strong>Quotes only</strong> "
        '<span class="fine">No model writes: answers are sentences of the articles, at once.</span>'
        "</span></label>"
        "</section>"
    )


def _facts(used: Model, shown: Shown) -> str:
    tokens = min(shown.context_tokens, used.about.trained_tokens or shown.context_tokens)
    needed = used.about.memory_bytes(used.size, shown.context_tokens)
    facts = {
        "File": f'<span dir="ltr">{escape(closed(used.file.name))}</span>, {size(used.size)}',
        "Licence": escape(closed(licence(used.about.licence))) or "not named in the file",
        "Reads": f"{tokens:,} tokens at once, about {round(tokens / WORD_TOKENS, -2):,.0f} words",
        "Memory": f"about {about_gb(needed)} of {size(shown.memory.total)}",
        "Speed here": _speed(shown),
    }
    return "".join(f"<div><dt>{name}</dt><dd>{fact}</dd></div>" for name, fact in facts.items())


def _speed(shown: Shown) -> str:
    speed = shown.speed
    if speed is None:
        return "not measured yet"
    told = f"reads {speed.reads:,.0f} and writes {speed.writes:,.0f} tokens a second"
    if speed.writes:
        told += f"; a sentence takes {seconds(SENTENCE_TOKENS / speed.writes)}"
    again = (
        '<button type="button" class="link" data-do="measure" data-keep="measure" '
        'aria-label="Measure again how fast the model is">Measure again</button>'
    )
    return f"{told} {again}" if shown.writes else told


def licence(name: str) -> str:
    """
    >>> licence("apache-2.0"), licence("other")
    ('Apache-2.0', 'other')
    """
    return LICENCES.get(name.lower(), name)


def size(bytes_: float) -> str:
    """
    >>> size(98_362_432), size(1_117_320_736), size(25_200_000_000), size(0)
    ('98 MB', '1.1 GB', '25 GB', '0 MB')
    """
    if bytes_ < 999.5e6:
        return f"{bytes_ / 1e6:.0f} MB"
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ < 9.95e9 else f"{bytes_ / 1e9:.0f} GB"


def about_gb(bytes_: float) -> str:
    """
    >>> about_gb(344_000_000), about_gb(20_000_000)
    ('0.3 GB', '0.1 GB')
    """
    return f"{max(bytes_ / 1e9, 0.1):.1f} GB"


def seconds(number: float) -> str:
    """
    >>> seconds(0.84), seconds(12.3)
    ('about 0.8 s', 'about 12 s')
    """
    return f"about {number:.1f} s" if number < 9.95 else f"about {number:.0f} s"


# --- those there are -----------------------------------------------------------------------------


def list_html(models: Sequence[Model], shown: Shown) -> str:
    """The models on this computer, and which is in use."""
    rows = "".join(_row(model, shown) for model in models)
    return f"<ul>{rows}</ul>" if rows else '<p class="none">There is no model on this computer yet.</p>'


def _row(model: Model, shown: Shown) -> str:
    kind = {"default": "comes with Footnote", "download": "downloaded", "file": "file"}[model.origin]
    facts = [size(model.size), escape(closed(licence(model.about.licence))), kind]
    facts.append(_memory(model.about.memory_bytes(model.size, shown.context_tokens), shown.memory))
    used = shown.used is not None and model.file == shown.used.file
    name = escape(closed(model.name))
    where = f' title="{escape(closed(str(model.file)))}"' if model.origin == "file" else ""
    gone = _delete(model.setting, model.name, model.size) if model.origin == "download" and not used else ""
    chats = model.about.chats
    button = _use(model.setting, model.name, used=used, now=shown.writes) if chats or used else _no_chat()
    return (
        f'<li{_current(used)}><div{where}><span class="name">{name}</span>'
        f'<span class="fine">{" · ".join(fact for fact in facts if fact)}</span></div>'
        f'<span class="acts">{gone}{button}</span></li>'
    )


def offers_html(offers: Sequence[Offer], shown: Shown) -> str:
    """The recommended models: what each needs, and the button that downloads it."""
    return f"<ul>{''.join(_offer(offer, shown) for offer in offers)}</ul>"


def _offer(offer: Offer, shown: Shown) -> str:
    model = offer.model
    needed = model.about.memory_bytes(model.size, shown.context_tokens)
    told = f"{size(model.size)} · {licence(model.about.licence)} · {_memory(needed, shown.memory)}"
    used = offer.here and shown.used is not None and model.setting == shown.used.setting
    name, setting = escape(model.name), escape(model.setting)
    if offer.here:
        button = _use(model.setting, model.name, used=used, now=shown.writes)
    else:
        verb, rest = ("Resume", model.size - offer.arrived) if offer.arrived else ("Download", model.size)
        button = (
            f'<button type="button" class="press fetch" data-do="fetch" data-model="{setting}" '
            f'data-keep="{setting}" aria-label="{verb} {size(rest)}: {name}">{verb} {size(rest)}</button>'
        )
    part = _delete(model.setting, model.name, offer.arrived) if offer.arrived and not offer.here else ""
    return (
        f'<li{_current(used)}><div><span class="name">{name}</span> '
        f'<span class="words">{escape(model.words)}</span>'
        f'<span class="fine">{told}</span><span class="fine source" dir="ltr">{escape(model.file.repo)}, '
        f'SHA-256 {model.sha256[:12]}…</span></div><span class="acts">{part}{button}</span></li>'
    )


def _memory(needed: int, memory: Memory) -> str:
    room = memory.room(needed)
    told = f"needs {about_gb(needed)} of memory"
    if room == "none":
        return (
            f'<span class="off">{told}, more than this computer can give ({size(memory.total)} in all)</span>'
        )
    return f"{told}, {size(memory.available)} are free now" if room == "tight" else told


def _use(setting: str, name: str, *, used: bool, now: bool) -> str:
    """The button of a model that is here. That of the one in use stays, so that the focus can."""
    state = ' aria-disabled="true"' if used and now else ""
    words = "In use" if used and now else "Use"
    return (
        f'<button type="button" class="press" data-do="use" data-model="{escape(setting)}" '
        f'data-keep="{escape(setting)}" aria-label="{words}: {escape(closed(name))}"{state}>{words}</button>'
    )


def _no_chat() -> str:
    return '<span class="fine">no instruct model</span>'


def _delete(setting: str, name: str, bytes_: int) -> str:
    label = f"Delete {escape(closed(name))}, {size(bytes_)}"
    return (
        f'<button type="button" class="link" data-do="delete" data-model="{escape(setting)}" '
        f'data-sure="Delete {size(bytes_)}?" aria-label="{label}">Delete</button>'
    )


def _current(used: bool) -> str:
    return ' aria-current="true"' if used else ""


# --- what goes on --------------------------------------------------------------------------------


def job_html(job: Job | None) -> str:
    """A download or a change that runs, or how it ended; "" where there is nothing to say."""
    if job is None or (job.over and not job.message):
        return ""
    head = f'<section class="job" data-outcome="{job.outcome}" aria-label="{escape(closed(job.what))}">'
    if job.over:
        role = 'role="alert" class="error"' if job.outcome == "failed" else 'role="status"'
        return f"{head}<p {role}>{escape(job.message[:1].upper() + job.message[1:])}</p></section>"
    stopping = "Stopping" if job.stop.is_set() else ""
    doing = stopping or STEPS.get(job.step, job.step.capitalize()) or escape(job.what)
    facts = []
    if job.of:
        facts.append(f"{size(job.done)} of {size(job.of)}")
        if job.left_s is not None:
            facts.append(f"{about_s(job.left_s)} left")
    value = f' max="{job.of}" value="{job.done}"' if job.of else ""
    return (
        f"{head}<p><strong>{escape(closed(job.what))}</strong></p>"
        f'<p class="step">{escape(doing)}<span class="fine">{" · ".join(facts)}</span></p>'
        f'<progress aria-label="{escape(doing)}"{value}></progress></section>'
    )
