"""Reports that the tests of the files share: an ordinary one, one of hostile texts, one of 500 notes."""

import datetime as dt
from collections.abc import Sequence

from assistant.report.collected import Entry
from assistant.values import Answer, Citation, Claim, Source

NOW = dt.datetime(2022, 11, 23, 9, 30, 5, 678, tzinfo=dt.timezone(dt.timedelta(hours=2)))
ASKED = dt.datetime(2022, 11, 22, 10, 0, tzinfo=dt.UTC)

HOSTILE = (
    "</title><script>alert(1)</script> <i>x</i> {\\LaTeX} $x_1$ #1 100% & &amp; ]]> *b* _i_ `c` ~~s~~ "
    "[l](http://evil.example) ![i](x) | \"twice 'quoted'\" ““ ”” 😀 👩\u200d👩\u200d👧 שלום עולם \u202eevil "
    "\x07\x00\ud800\ufffe ﷺ 漢字\n\n# not a heading\t@lee ^x^ {#id} ==y== %%z%% <!-- c --> ${jndi}"
)


def cited(n: int, quote: str, source: Source, page: int | None = None, **more: object) -> Citation:
    """A footnote whose quote begins at offset 10 · n, so that each has a place of its own."""
    start = 10 * n
    return Citation(n, source, quote, start, start + max(len(quote), 1), quote, start, page, **more)  # type: ignore[arg-type]


def entry(question: str, claims: Sequence[Claim], citations: Sequence[Citation], **more: object) -> Entry:
    """An answer as it is put into a report."""
    text = "The articles do not say."
    status = "answered" if claims else "not_found"
    answer = Answer(question, question, status, text, tuple(claims), tuple(citations), **more)  # type: ignore[arg-type]
    return Entry(question, question, answer, ASKED)


FREEZE = Source(
    "freeze",
    "freeze.txt",
    "Price freeze for two winters",
    dt.date(2022, 9, 8),
    "The Harbour Post",
    "https://harbour.example/2022/price_freeze?id=1&x=2",
    "Ane Holt and Per Lind",
)
COST = Source("cost", "cost.txt", "What the freeze costs", dt.date(2022, 9, 9), "Coast News")
PAPER = Source("paper", "grid-report.pdf")

BILLS = "Bills would be frozen at £2,500 a year for two winters."
BOLD = "“This is the moment to be bold,” she told the council, “and we are.”"
PRICE = "Nobody at the treasury would say what it costs."
TWELVE = "Wholesale prices rose twelvefold in a year."

ORDINARY = [
    entry(
        "How does the freeze work?",
        [
            Claim("Bills are frozen for two winters.", (1,), "verified"),
            Claim("The mayor called it bold.", (2, 1), "verified"),
            Claim(TWELVE, (3,), "quoted"),
        ],
        [cited(1, BILLS, FREEZE), cited(2, BOLD, FREEZE), cited(3, TWELVE, PAPER, 14)],
    ),
    entry(
        "What happened in September?",
        [Claim(PRICE, (4,), "quoted", "9 September 2022"), Claim(BILLS, (1,), "quoted", "8 September 2022")],
        [cited(4, PRICE, COST, also_in=("a", "b")), cited(1, BILLS, FREEZE)],
        lead="Articles from September 2022",
    ),
    entry("Who pays?", [], []),
]
NASTY = Source("nasty", HOSTILE, HOSTILE, None, HOSTILE, "javascript:alert(1)", HOSTILE)
ARABIC = Source(
    "arabic",
    "a.txt",
    "الوزير: الاتفاق قريب",
    dt.date(2022, 1, 2),
    "الجزيرة",
    "https://a.example/é x?<q>",
    "أحمد",
)
MISSING = Source("missing", "missing.txt")
SAID = 'قال الوزير إن الاتفاق "قريب جدا" (2022).'

NASTY_ONES = [
    entry(
        HOSTILE,
        [
            Claim(HOSTILE, (1, 2), "verified", HOSTILE),
            Claim(SAID, (2,), "quoted"),
            Claim("x" * 400, (3, 1), "verified"),
        ],
        [cited(1, HOSTILE, NASTY), cited(2, SAID, ARABIC), cited(3, "No “deal”.", MISSING, 2)],
        lead=HOSTILE,
    ),
    *ORDINARY,
]


def many(notes: int = 500) -> list[Entry]:
    """One answer whose every claim cites a new note and an old one."""
    sources = [
        Source(
            f"s{n}",
            f"s{n}.txt",
            f"{n}. {HOSTILE}",
            dt.date(2022, 1, 1),
            "Post",
            f"https://p.example/{n}",
            "Ann Lee",
        )
        for n in range(notes // 2)
    ]
    citations = [
        cited(n, f"Quote {n}: “{n * 7}” of <them>.", sources[n // 2 % len(sources)])
        for n in range(1, notes + 1)
    ]
    claims = [
        Claim(f"Claim {n}.", (n, n // 2 + 1), "quoted" if n % 3 else "verified") for n in range(1, notes + 1)
    ]
    return [entry("Many?", claims, citations)]
