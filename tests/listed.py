"""Cited articles that the tests of references share: invented at random, hostile, or five hundred of them."""

import datetime as dt

from hypothesis import strategies as st

from assistant.report.collected import Note
from assistant.report.reference import Reference, references
from assistant.values import Citation, Source

TODAY = dt.date(2024, 3, 8)

HOSTILE = (
    "<b>x</b> & &amp; {} {unclosed \\textbf{\"q\"} $x^2$ 100 % #1 a_b ~ ``tt'' -- ,, @online{k, title = {t}}",
    "שלום עולם, 'a' “b ‘c’ d” 😀 👩‍👩‍👧 \u202eevil",
    "TY  - JOUR\nTI  - two\r\nER  - \n\u2028\x0b\x00\x1b[31m\ud800\ufffe",
    "¶ ¶¶ a ¶ b” (p. 3) ¶ “",
    "Who left?. , ; : !",
    '"}, ]; {"id": 1, "title": "<i>x</i>"} {:title: x} <span class="nocase">y</span>',
    "and others and AND; by, Jr., III",
    "\\",
    "}",
    "{",
)

words = st.one_of(
    st.text(max_size=30), st.sampled_from(HOSTILE), st.from_regex(r"[A-Z][a-z]{1,8}", fullmatch=True)
)
texts = st.lists(words, max_size=4).map(" ".join)
names = st.from_regex(
    r"[A-Z][a-zé]{1,8}( (van |de la |O'|Mc)?[A-Z][a-zß]{1,8}){1,3}(, Jr\.| III)?", fullmatch=True
)
bylines = st.one_of(texts, st.lists(st.one_of(names, texts), max_size=4).map(", ".join))
urls = st.one_of(
    st.none(),
    texts,
    st.sampled_from(["https://a.org/x_y?q=1;r=2&s=%20#f", "http://b.org/~c/.", "javascript:x"]),
)
days = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))


def note(n: int, source: Source, quote: str = "It rained.", page: int | None = None) -> Note:
    """A footnote that cites an article."""
    return Note(n, Citation(n, source, quote, 0, max(1, len(quote)), quote, 0, page), TODAY)


def cited(**facts: object) -> list[Note]:
    """One footnote that cites one article of these facts."""
    return [note(1, Source("id", **{"file": "a.html", **facts}))]  # type: ignore[arg-type]


@st.composite
def noted(draw: st.DrawFn) -> list[Note]:
    """Footnotes of a few articles, each with a name, and whatever is known."""
    sources = [
        Source(
            f"{i:012}",
            draw(texts),
            draw(st.one_of(st.none(), texts)),
            draw(st.one_of(st.none(), days)),
            draw(st.one_of(st.none(), texts)),
            draw(urls),
            draw(st.one_of(st.none(), bylines)),
        )
        for i in range(draw(st.integers(1, 4)))
    ]
    pages = st.one_of(st.none(), st.integers(1, 900))
    which = draw(st.lists(st.sampled_from(sources), min_size=1, max_size=6))
    return [note(n, source, draw(texts), draw(pages)) for n, source in enumerate(which, 1)]


def hostile() -> list[Note]:
    """Every hostile text as everything."""
    return [
        note(n, Source(f"{n:012}", text, text, TODAY, text, f"https://a.org/{n}", text), text, n)
        for n, text in enumerate(HOSTILE, 1)
    ]


def many(count: int = 500) -> list[Note]:
    """As many articles, by a few authors."""
    sources = (
        Source(f"{n:012}", f"{n}.html", f"Ferry {n}", TODAY, "The Bell", f"https://a.org/{n}", "Ane Holt")
        for n in range(count)
    )
    return [note(n, source) for n, source in enumerate(sources, 1)]


def lists() -> st.SearchStrategy[list[Reference]]:
    """References of footnotes."""
    return noted().map(references)
