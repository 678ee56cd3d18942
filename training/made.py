"""News of our own making (`made.toml`) → articles with questions, in the form of the public ones.

Events with gaps, each filled in many ways: a fact is never known, only read. The questions are those of a
weekly news quiz, which the public sets have none of: the sentence that says what happened is rarely the one
that says where, or to whom. A tenth of the events is kept for measuring.
"""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.data import Asked, Context, is_held_out

FILE = "made"
GAP = re.compile(r"\{(?P<gap>[A-Za-z]+\d?)(?P<last>\.last)?\}")
EVENTS = tomllib.loads(Path(__file__).with_name("made.toml").read_text(encoding="utf-8"))


def made(articles: int, seed: int) -> tuple[list[Context], list[Asked]]:
    """So many articles, and their questions.

    >>> contexts, asked = made(2, 1)
    >>> all(contexts[a.context].text[a.start : a.end] == a.answers[0] for a in asked if a.answers)
    True
    """
    contexts: list[Context] = []
    questions: list[Asked] = []
    for number in range(articles):
        rng = random.Random(f"{seed} {number}")
        event = EVENTS["event"][number % len(EVENTS["event"])]
        filled = _filled(event, rng)
        text, places = _written(event["text"], filled)
        contexts.append(Context(text, "", FILE, is_held_out(event["name"]), event["name"]))
        for words, gap in event["ask"]:
            start = places[gap]
            answer = text[start : start + len(filled[gap])]
            questions.append(Asked(_asked(words, filled), (answer,), number, start, start + len(answer)))
        questions += [Asked(_asked(words, filled), (), number, 0, 0) for words in event.get("miss", ())]
    return contexts, questions


def _filled(event: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    """Words for each gap of an event, no two of a kind alike."""
    gaps = dict.fromkeys(m["gap"].lower() for sentence in event["text"] for m in GAP.finditer(sentence))
    filled: dict[str, str] = {}
    for gap in gaps:
        drawn = _drawn(gap.rstrip("0123456789"), rng)
        while drawn in filled.values():
            drawn = _drawn(gap.rstrip("0123456789"), rng)
        filled[gap] = drawn
    return filled


def _drawn(kind: str, rng: random.Random) -> str:
    kinds: Mapping[str, Sequence[str]] = EVENTS["kinds"]
    if kind == "person":
        return f"{rng.choice(kinds['first'])} {rng.choice(kinds['last'])}"
    return rng.choice(kinds[kind])


def _written(sentences: Sequence[str], filled: Mapping[str, str]) -> tuple[str, dict[str, int]]:
    """The text, and where each gap's words first stand."""
    text = ""
    places: dict[str, int] = {}
    for sentence in sentences:
        text += " " * bool(text)
        begins, at = len(text), 0
        for gap in GAP.finditer(sentence):
            text += sentence[at : gap.start()]
            value = _value(gap, filled)
            if not gap["last"]:
                places.setdefault(gap["gap"].lower(), len(text))
            text += value[0].upper() + value[1:] if len(text) == begins else value
            at = gap.end()
        text += sentence[at:]
    return text, places


def _asked(words: str, filled: Mapping[str, str]) -> str:
    return GAP.sub(lambda gap: _value(gap, filled), words)


def _value(gap: re.Match[str], filled: Mapping[str, str]) -> str:
    value = filled[gap["gap"].lower()]
    return value.split()[-1] if gap["last"] else value
