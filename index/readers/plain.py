"""Plain text, the dated format (first line ` date YYYY-MM-DD `) and Markdown → an article.

The article's text is the whole decoded file, unchanged, so that offsets hold against the file as well; a date
line, front matter and a title are in it, before `body_start`. Markdown's marks stay in the text.
"""

import datetime as dt
import re

from index.readers.dates import plausible
from index.readers.decode import decode
from index.readers.fields import about_of, choose_columns
from index.readers.raw import MAX_TITLE_CHARS, About, Raw
from index.text import Article

MARKDOWN = frozenset({".md", ".markdown"})

DATE_LINE = re.compile(r"\A[ \t]*date (\d{4}-\d{2}-\d{2})[ \t]*(?:\r?\n|\Z)")
# Possessive (`++`): giving line ends back could never help, and a million of them would take hours.
FIRST_BLOCK = re.compile(r"\s*+(\S[^\r\n]*+)\r?\n[ \t]*+(?:\r?\n)++(?=\s*+\S)")
HEADING = re.compile(r"#{1,6}\s+(.+?)(?:\s+#+)?\Z")
FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE | re.DOTALL)
MAX_FRONT_CHARS = 20_000  # what people write there has 500; YAML is slow, and can be made slower

# Alone on a line these say who sent the story, not what it says.
AGENCIES = [
    "AP", "AFP", "ANSA", "APA", "ANI", "Belga", "Bloomberg", "BBC", "CBS", "CNBC", "CNN", "CNN Business",
    "dpa", "EFE", "ABC", "Fox News", "IANS", "Kyodo", "Lusa", "NBC", "NPR", "NTB", "PA", "PTI", "Reuters",
    "TASS", "UPI", "USA TODAY", "Xinhua", "Associated Press", "Agence France-Presse", "Press Association",
    "United Press International",
]  # fmt: skip
NAMED = "|".join(map(re.escape, sorted(AGENCIES, key=len, reverse=True)))
AGENCY = re.compile(rf"(?:The )?(?:{NAMED})(?: News)?|[^()]{{0,60}}\((?:{NAMED})\)", re.IGNORECASE)
DASHES = "—–―-"


def read_plain(raw: Raw) -> Article:
    """The article in a text file. Raises ReadError, with the file's name and the reason."""
    text = decode(raw.name, raw.data())
    markdown = raw.suffix in MARKDOWN
    about, start = front_matter(text) if markdown else (About(), 0)
    body, title, date = _front(text, start, markdown=markdown)
    if about.title and title and about.title.split() != title.split():
        body, title = start, None  # a first heading that is not the title is a section's
    known = About(about.title or title, about.author, about.date or date, about.source, about.url)
    return raw.article(text, known, body)


def front_matter(text: str) -> tuple[About, int]:
    r"""What a block of YAML at the top says, and where the text after it begins.

    >>> front_matter("---\ntitle: Ferry back\ndate: 2022-05-06\n---\nIt sails.")[1]
    43
    >>> front_matter("---\nIt rained.\n---\nIt sails.")[1]
    0
    """
    import yaml

    found = FRONT_MATTER.match(text[:MAX_FRONT_CHARS])
    if not found:
        return About(), 0
    try:
        values = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError):  # 2022-02-30 is a ValueError
        return About(), 0
    if not isinstance(values, dict):  # a rule above a text
        return About(), 0
    named = {str(name): value for name, value in values.items()}
    return about_of(named, choose_columns(named, {})), found.end()


def _front(text: str, start: int, *, markdown: bool) -> tuple[int, str | None, dt.date | None]:
    """Where the body begins, the title and the date: `(body_start, title, date)`."""
    body, date = start, None
    if found := DATE_LINE.match(text, start) if start == 0 else None:
        try:
            date = dt.date.fromisoformat(found[1])
            body = found.end()
        except ValueError:  # such as 2022-02-30: then the line is text, but no title either
            return 0, None, None
    date = date if date and plausible(date) else None
    block = FIRST_BLOCK.match(text, body)
    line = block[1].strip() if block else ""
    if block and is_dateline(line):
        return block.end(), None, date
    title = reads_like_title(line, markdown=markdown) if block else None
    return (block.end() if block and title else body), title, date


def is_dateline(line: str) -> bool:
    """Whether a line alone is only a place and an agency: the story goes on below it.

    >>> [is_dateline(line) for line in ("New York CNN Business —", "AP", "LONDON (Reuters)", "Ferry – again")]
    [True, True, True, False]
    """
    bare = line.strip().strip("()").strip()
    return line.endswith(tuple(DASHES)) or bool(AGENCY.fullmatch(line) or AGENCY.fullmatch(bare))


def reads_like_title(line: str, *, markdown: bool = False) -> str | None:
    """The title that a first line standing alone gives, if it reads like one.

    >>> reads_like_title("Mauna Kea"), reads_like_title("It rained.")
    ('Mauna Kea', None)
    """
    if len(line) > MAX_TITLE_CHARS:
        return None
    if markdown and (heading := HEADING.match(line)):
        return heading[1]
    return None if line[-1] in '.!?:;,”"' else line
