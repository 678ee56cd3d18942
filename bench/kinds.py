"""Forty questions that want more than a fact, and the answers of today: `python bench/kinds.py [SET …]`.

The questions are our own; `docs/kinds.md` holds what a reader thought of each answer. "own" is `seeds/`,
"seeds" and "news" are the articles in ../shared, where that folder exists. Quotes only: no small model is
asked.
"""

import argparse
import sys
from pathlib import Path

from platformdirs import user_cache_path

from assistant import Assistant
from assistant.asking.kinds import asked_for

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
ARTICLES = {
    "own": ROOT / "seeds",
    "seeds": SHARED / "seeds",
    "news": SHARED / "eval" / "news" / "articles",
}
QUESTIONS = {
    "own": (
        "What do the articles say about the Kolvard dike?",
        "Summarise the articles about the ferry",
        "What is new since 24 December?",
        "What happened in June?",
        "What happened in May 2022?",
        "How did the flood unfold?",
        "How did the cost of the Kolvard dike change?",
        "How did the number of evacuated people change?",
        "How did the number of ferry passengers change?",
        "What did Okravent say about the dike?",
        "What did Truss say about sanctions?",
        "Who said what about NATO?",
        "Which articles are about the ferry?",
        "Compare the province's count and the residents' survey",
        "Did the opposition dispute the need for the dike?",
        "How many homes did the flood damage?",
    ),
    "seeds": (
        "What do the articles say about NATO?",
        "What is new since 24 December?",
        "What did Psaki say about NATO?",
        "What do the articles say about natural gas?",
    ),
    "news": (
        "What do the articles say about monkeypox?",
        "What is the latest on monkeypox?",
        "How did the monkeypox outbreak unfold?",
        "Give me a timeline of the crisis in Sri Lanka",
        "How did gas prices change between June and August 2022?",
        "How did the number of monkeypox cases change?",
        "Compare inflation in the UK and in the US",
        "What happened last week?",
        "What is new since 20 August?",
        "What happened in June 2022?",
        "Summarise the articles about the Yellowstone flood",
        "What did Biden say about student loans?",
        "What did Pelosi say about Taiwan?",
        "Who said what about Roe v. Wade?",
        "Which articles are about Brittney Griner?",
        "Which states declared a public health emergency over monkeypox?",
        "Which people testified about January 6?",
        "Did Brittney Griner plead guilty?",
        "What do the articles say about the Eurovision Song Contest?",
        "What did Angela Merkel say about Brexit?",
    ),
}


def main() -> int:
    """Print each question with its kind, seconds and answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help="own, seeds, news; all that exist when none is given")
    parser.add_argument("--library", type=Path, help="a library of the one set that is named, built already")
    arguments = parser.parse_args()
    sets = [name for name, folder in ARTICLES.items() if folder.is_dir()]
    for name in arguments.sets or sets:
        if name not in sets:
            print(f"no such set here; there are {', '.join(sets)}", file=sys.stderr)
            return 2
        library = arguments.library or user_cache_path("footnote") / "eval" / name
        assistant = Assistant.open(library, use_model=False)
        if not arguments.library:
            assistant.library.add([ARTICLES[name]])
        assistant.warm_up()
        for question in QUESTIONS[name]:
            answer = assistant.ask(question)
            print(f"\n## {question}\n({name}, {asked_for(question).kind}, {answer.timings.total_s:.2f} s)\n")
            print(answer.text)
            for citation in answer.citations:
                print(f"  [{citation.n}] {citation.source.file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
