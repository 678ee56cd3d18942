"""How well the check tells faithful claims from corrupted ones: `python bench/claims.py [SET or FOLDER …]`.

Method. Every set of ../shared/eval that exists (or any folder of articles) gives sentences; rules with a
fixed seed turn each into false claims (corrupt.py: one thing changed, its footnote left as it was) and into
faithful ones (paraphrase.py). Two kinds of corruption need more than a sentence: the right sentence cited to
a lookalike of another article, and a true sentence joined with a clause of another article. Two faithful
kinds are people's: CLAPNQ's long answers against the sentences that their writers marked, and short answers
turned into sentences. At most `--each` claims of a kind, from as many articles as possible.

The articles are halved by the hash of their names. Thresholds are chosen on one half: the least false alarm
with at least `CAUGHT` of the corrupted claims caught. The report is of the other half, with the thresholds
of `Settings` and with those chosen. Micro: all claims count the same; macro: all kinds do. A person's answer
that goes beyond the marked sentences counts as a false alarm all the same.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corrupt
import numpy as np
import paraphrase
from corrupt import Place, names_in, shape
from paraphrase import answered

from assistant.checking.verify import Verification, verify
from assistant.settings import Settings
from assistant.values import Evidence, Source
from index.embed import Encoder, Rows
from index.errors import ReadError
from index.readers import Refused, read_articles
from index.scan import article_files
from index.sentences import split_sentences
from index.text import Article, Sentence, short_hash
from index.words import terms

ROOT = Path(__file__).resolve().parent.parent
EVAL = ROOT.parent / "shared" / "eval"
WORDS = range(8, 46)  # of a sentence that claims are made of: no headlines, no lists
SENTENCES = 4_000  # of a set at most, the same number from each article
AROUND = 3  # sentences on either side in a quote's context
CAUGHT = 0.97  # of the corrupted claims on the half that chooses thresholds: the target and a margin
COVERAGES = [round(0.5 + 0.05 * i, 2) for i in range(11)]
MEANINGS = [round(0.4 + 0.05 * i, 2) for i in range(10)]


@dataclass(frozen=True)
class Item:
    """One claim of the benchmark: a sentence, what it cites, and whether that carries it."""

    kind: str
    faithful: bool
    text: str
    quotes: tuple[Evidence, ...]
    question: str = ""

    @property
    def reports(self) -> bool:
        """Whether its article is in the half that is reported."""
        return int(short_hash(self.quotes[0].source.file), 16) % 2 == 1


@dataclass(frozen=True)
class Read:
    """An article with its sentences."""

    article: Article
    sentences: tuple[Sentence, ...]

    def quote(self, i: int, n: int = 1) -> Evidence:
        """Its `i`-th sentence as evidence, in the passage around it."""
        mine, text = self.sentences[i], self.article.text
        start = self.sentences[max(0, i - AROUND)].start
        end = self.sentences[min(len(self.sentences) - 1, i + AROUND)].end
        quote = text[mine.start : mine.end]
        source = Source.of(self.article)
        return Evidence(n, source, quote, mine.start, mine.end, quote, 1.0, text[start:end], start)

    def text(self, i: int) -> str:
        """Its `i`-th sentence."""
        return self.article.text[self.sentences[i].start : self.sentences[i].end]


# --- reading ------------------------------------------------------------------------------------------


def read(folder: Path) -> list[Read]:
    """All articles of a folder; what can't be read is left out."""
    found = []
    for file in article_files(folder, frozenset({".txt"})):
        try:
            (article,) = read_articles(file)
        except ReadError:
            continue
        if isinstance(article, Refused):
            continue
        sentences = tuple(split_sentences(article.text, article.body_start))
        if sentences:
            found.append(Read(article, sentences))
    return found


def sources(chosen: Sequence[str]) -> list[tuple[str, Path, Path | None]]:
    """`(name, articles, questions)` of the sets that exist, or of the folders that are named."""
    sets = [(n, EVAL / n / "articles", EVAL / n / "questions.jsonl") for n in ("clapnq", "xquad", "news")]
    sets.append(("seeds", EVAL.parent / "seeds", EVAL / "seeds_questions.jsonl"))
    known = {name: (name, folder, file) for name, folder, file in sets if folder.is_dir()}
    known["own"] = ("own", ROOT / "seeds", ROOT / "seeds" / "questions.jsonl")
    return [known.get(name, (name, Path(name), None)) for name in chosen or known]


def is_good(text: str) -> bool:
    """Whether a sentence is a whole statement.

    >>> is_good("The council voted on Tuesday to raise the dike by a hand."), is_good("Read More")
    (True, False)
    """
    return (
        len(text.split()) in WORDS
        and text[0].isupper()
        and text.endswith((".", "”", '"'))
        and "?" not in text
        and "\n" not in text
        and text.count("(") == text.count(")")
    )


# --- claims -------------------------------------------------------------------------------------------


def places(articles: Sequence[Read]) -> list[tuple[Place, Read, int]]:
    """All good sentences with what the rules may know of them."""
    names = {r.article.id: tuple(dict.fromkeys(names_in(r.article.text))) for r in articles}
    everyone = sorted({n for mine in names.values() for n in mine})
    found = []
    per_article = max(10, SENTENCES // max(1, len(articles)))
    for r in articles:
        others = tuple(random.Random(r.article.file).sample(everyone, min(400, len(everyone))))
        alien = tuple(n for n in others if n not in r.article.text)
        speakers = tuple(dict.fromkeys(_speakers(r.article.text)))
        good = [i for i in range(len(r.sentences)) if is_good(r.text(i))]
        for i in good[:per_article]:
            before = tuple(r.text(j) for j in range(max(0, i - AROUND), i))
            title = r.article.title or ""
            place = Place(r.text(i), before, title, names[r.article.id], speakers, alien, r.article.file)
            found.append((place, r, i))
    return found


def _speakers(text: str) -> Iterable[str]:
    for pattern in (corrupt.SPEAKER_FIRST, corrupt.SPEAKER_LAST):
        for match in pattern.finditer(text):
            name = match[1].strip()
            if shape(name) == "several" and names_in(name) == [name]:
                yield name


def by_rules(found: Sequence[tuple[Place, Read, int]], each: int) -> list[Item]:
    """The claims that rules make of single sentences."""
    items: list[Item] = []
    for rules, faithful in ((corrupt.RULES, False), (paraphrase.RULES, True)):
        for kind, rule in rules.items():
            mine: list[Item] = []
            for place, r, i in spread(found, kind):
                changed = rule(place, random.Random(f"{kind} {place.file} {place.text}"))
                if changed and (changed != place.text) == (kind != "as it is"):
                    mine.append(Item(kind, faithful, changed, (r.quote(i),)))
                if len(mine) == each:
                    break
            items += mine
    return items


def spread(found: Sequence[tuple[Place, Read, int]], kind: str) -> list[tuple[Place, Read, int]]:
    """In an order that takes one sentence of each article before a second one."""
    order = sorted(found, key=lambda f: short_hash(f"{kind} {f[0].file} {f[2]}"))
    turn: dict[str, int] = {}
    keyed = []
    for f in order:
        turn[f[0].file] = turn.get(f[0].file, 0) + 1
        keyed.append((turn[f[0].file], f))
    return [f for _, f in sorted(keyed, key=lambda k: k[0])]


def by_neighbours(found: Sequence[tuple[Place, Read, int]], rows: Rows, each: int) -> list[Item]:
    """The kinds that need a second sentence: a lookalike of another article, a clause of another article,
    two sentences in a row."""
    items: list[Item] = []
    order = {id(f): i for i, f in enumerate(found)}
    chosen = [order[id(f)] for f in spread(found, "neighbours")]
    lookalikes = [item for i in chosen[: 2 * each] if (item := _lookalike(found, rows, i))]
    items += lookalikes[:each]
    for i in chosen[:each]:
        (place, r, k), (other, r2, _) = found[i], found[(i * 7919 + 13) % len(found)]
        clause = other.text.rstrip('.”"')
        if r2.article.id != r.article.id and place.text.endswith("."):
            lower = clause if names_in(f"x {clause.split()[0]}") else clause[:1].lower() + clause[1:]
            items.append(
                Item("clause joined", False, f"{place.text[:-1].rstrip()}, and {lower}.", (r.quote(k),))
            )
    merged = []
    for i in chosen:
        if i + 1 >= len(found) or found[i + 1][1] is not found[i][1] or found[i + 1][2] != found[i][2] + 1:
            continue
        (a, r, k), (b, _, k2) = found[i], found[i + 1]
        if a.text.endswith(".") and len(a.text.split()) + len(b.text.split()) < 50:
            text = f"{a.text[:-1].rstrip()}; {b.text}"
            merged.append(Item("two sentences merged", True, text, (r.quote(k), r.quote(k2, 2))))
    return items + merged[:each]


def _lookalike(found: Sequence[tuple[Place, Read, int]], rows: Rows, i: int) -> Item | None:
    """A sentence cited to the most similar one of another article, unless that holds all its words."""
    place, r, _ = found[i]
    for j in np.argsort(-(rows @ rows[i]))[1:20]:
        other, r2, k = found[int(j)]
        if r2.article.id != r.article.id:
            same = set(terms(place.text)) <= set(terms(other.text))
            return None if same else Item("wrong article", False, place.text, (r2.quote(k),))
    return None


def by_people(articles: Sequence[Read], questions: Path | None, each: int) -> list[Item]:
    """CLAPNQ's answers, sentence by sentence; short answers made sentences."""
    if questions is None or not questions.is_file():
        return []
    files = {r.article.file: r for r in articles}
    human: list[Item] = []
    short: list[Item] = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        q: dict[str, Any] = json.loads(line)
        r = files.get(q.get("article") or "")
        if r is None or not q["answerable"]:
            continue
        if q.get("evidence"):
            human += _human(q, r)
        elif text := answered(q["question"], q["answers"][0]):
            holding = [i for i in range(len(r.sentences)) if q["answers"][0] in r.text(i)]
            best = max(
                holding, key=lambda i: len(set(terms(q["question"])) & set(terms(r.text(i)))), default=None
            )
            asked = set(names_in(f"x {q['question']}"))
            # A question that names what its sentence calls "he" needs more than this sentence.
            if best is not None and len(holding) < 4 and all(name in r.text(best) for name in asked):
                short.append(Item("short answer", True, text, (r.quote(best),), q["question"]))
    random.Random(7).shuffle(short)
    return human + short[:each]


def _human(q: dict[str, Any], r: Read) -> list[Item]:
    marked = {" ".join(e.split()) for e in q["evidence"]}
    at = [i for i in range(len(r.sentences)) if " ".join(r.text(i).split()) in marked]
    quotes = tuple(r.quote(i, n) for n, i in enumerate(at, start=1))
    if not quotes:
        return []
    answer = q["answers"][0]
    texts = [" ".join(answer[s.start : s.end].split()) for s in split_sentences(answer)]
    return [Item("human answer", True, t, quotes, q["question"]) for t in texts if len(t.split()) > 3]


# --- measuring ----------------------------------------------------------------------------------------


def collect(chosen: Sequence[str], each: int, embed: Callable[[list[str]], Rows]) -> list[Item]:
    """All claims of the sets."""
    items: list[Item] = []
    names = sources(chosen)
    for _, folder, questions in names:
        articles = read(folder)
        found = places(articles)
        rows = embed([place.text for place, _, _ in found])
        share = max(20, each // min(3, len(names)))
        items += by_rules(found, share) + by_neighbours(found, rows, share)
        items += by_people(articles, questions, each)
    return items


def check(items: Sequence[Item], embed: Callable[[list[str]], Rows]) -> list[Verification]:
    """What the check says of each claim without thresholds: its rules, coverage and meaning."""
    rows: dict[str, Any] = {}

    def similarity(a: str, b: str) -> float:
        for text in (a, b):
            if text not in rows:
                rows[text] = embed([text])[0]
        return float(rows[a] @ rows[b])

    texts = sorted({t for i in items for t in (i.text, " ".join(e.quote for e in i.quotes))})
    rows.update(zip(texts, embed(texts), strict=True))
    return [verify(i.text, i.quotes, similarity, coverage_at_least=-1, meaning_at_least=-2) for i in items]


def passes(result: Verification, coverage: float, meaning: float) -> bool:
    """Whether a claim holds with these thresholds."""
    return result.holds and result.coverage >= coverage and result.meaning >= meaning


@dataclass(frozen=True)
class Row:
    """One kind's line of the report: `right` of `number` claims were caught, or passed when faithful."""

    kind: str
    faithful: bool
    number: int
    right: int

    @property
    def share(self) -> float:
        """0..1."""
        return self.right / self.number


def table(
    items: Sequence[Item], results: Sequence[Verification], coverage: float, meaning: float
) -> list[Row]:
    """A row for each kind, in order."""
    rows = []
    for kind, faithful in dict.fromkeys((i.kind, i.faithful) for i in items):
        mine = [passes(r, coverage, meaning) for i, r in zip(items, results, strict=True) if i.kind == kind]
        rows.append(Row(kind, faithful, len(mine), sum(p == faithful for p in mine)))
    return sorted(rows, key=lambda row: (row.faithful, row.kind))


def totals(rows: Sequence[Row]) -> dict[str, float]:
    """Detection and false alarm, micro and macro, and the worst kinds, 0..1.

    >>> totals([Row("number", False, 10, 9), Row("as it is", True, 4, 4)])["detection_micro"]
    0.9
    """
    bad, good = ([r for r in rows if r.faithful is f] for f in (False, True))
    return {
        "detection_micro": sum(r.right for r in bad) / max(1, sum(r.number for r in bad)),
        "detection_macro": float(np.mean([r.share for r in bad])),
        "detection_worst": min((r.share for r in bad), default=1.0),
        "false_alarm_micro": 1 - sum(r.right for r in good) / max(1, sum(r.number for r in good)),
        "false_alarm_macro": 1 - float(np.mean([r.share for r in good])),
    }


def choose(items: Sequence[Item], results: Sequence[Verification]) -> tuple[float, float]:
    """`(coverage, meaning)` with the least false alarm of those that catch enough; when none does, that with
    the most caught."""
    tried = []
    for coverage in COVERAGES:
        for meaning in MEANINGS:
            t = totals(table(items, results, coverage, meaning))
            tried.append((t["detection_micro"] >= CAUGHT, -t["false_alarm_micro"], t, coverage, meaning))
    enough = [t for t in tried if t[0]]
    best = max(enough, key=lambda t: t[1]) if enough else max(tried, key=lambda t: t[2]["detection_micro"])
    return best[3], best[4]


def show(
    kind: str, items: Sequence[Item], results: Sequence[Verification], limits: tuple[float, float]
) -> None:
    """Print the claims of a kind that were judged wrongly."""
    for item, result in zip(items, results, strict=True):
        if kind in {item.kind, "all"} and passes(result, *limits) != item.faithful:
            told = result.reason or f"coverage {result.coverage:.2f}, meaning {result.meaning:.2f}"
            print(f"\n[{item.kind}] {told}\n  claim: {item.text}")
            for quote in item.quotes:
                print(f"  quote: {quote.quote}   ({quote.source.file})")


def main() -> None:
    """Collect, check, choose on one half, report on the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help="sets of ../shared/eval, or folders of articles")
    parser.add_argument("--each", type=int, default=240, help="claims of a kind at most, over all sets")
    parser.add_argument("--show", metavar="KIND", help='list what was judged wrongly ("all" for every kind)')
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    encoder = Encoder()
    items = collect(arguments.sets, arguments.each, encoder.embed)
    results = check(items, encoder.embed)
    half = {f: [(i, r) for i, r in zip(items, results, strict=True) if i.reports is f] for f in (False, True)}
    (tune, tuned), (mine, told) = (([i for i, _ in h], [r for _, r in h]) for h in half.values())
    chosen = choose(tune, tuned)
    settings = Settings()
    limits = settings.coverage_at_least, settings.meaning_at_least
    if arguments.show:
        show(arguments.show, mine, told, limits)
        return
    report = {}
    for name, pair in (("settings", limits), ("chosen", chosen)):
        rows = table(mine, told, *pair)
        report[name] = {
            "coverage_at_least": pair[0],
            "meaning_at_least": pair[1],
            **totals(rows),
            "kinds": [
                {"kind": r.kind, "faithful": r.faithful, "number": r.number, "right": r.right} for r in rows
            ],
        }
        if not arguments.json:
            _print(name, pair, rows)
    if arguments.json:
        print(json.dumps(report))


def _print(name: str, limits: tuple[float, float], rows: Sequence[Row]) -> None:
    print(f"\nthresholds of {name}: coverage {limits[0]}, meaning {limits[1]}")
    for row in rows:
        what = "passed" if row.faithful else "caught"
        print(f"  {row.kind:<22} {what} {row.right:>4} of {row.number:>4}  {row.share:6.1%}")
    for measure, value in totals(rows).items():
        print(f"  {measure:<22} {value:6.1%}")


if __name__ == "__main__":
    main()
