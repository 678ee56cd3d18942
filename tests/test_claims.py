"""The benchmark of claims: what its rules make of a sentence is false or true, and its sums are right."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from index.embed import Encoder

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def claims() -> Iterator[ModuleType]:
    """`bench/claims.py`, a script that finds its neighbours in its own folder."""
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        import claims

        yield claims
    finally:
        sys.path.remove(str(ROOT / "bench"))


def changed(claims: ModuleType, kind: str, text: str, *, faithful: bool = False) -> str | None:
    rules = claims.paraphrase.RULES if faithful else claims.corrupt.RULES
    place = claims.Place(
        text, ("Ann Roe opened the talk.",), "", ("Ann Roe", "Peter Lee"), ("Ann Roe",), ("Max Ode",), "a.txt"
    )
    made: str | None = rules[kind](place, random.Random(1))
    return made


@pytest.mark.parametrize(
    ("kind", "text", "made"),
    [
        ("numbers swapped", "It has 12 cars for 40 guests.", "It has 40 cars for 12 guests."),
        ("negation added", "The dike was high.", "The dike was not high."),
        ("negation removed", "The dike did not hold.", "The dike did hold."),
        ("unit", "It is 12 km long.", "It is 12 miles long."),
        (
            "speaker",
            "“It rained,” Peter Lee said.",
            "“It rained,” Max Ode said.",
        ),  # not one who was named before
        ("roles", "On Monday Ann Roe praised Peter Lee.", "On Monday Peter Lee praised Ann Roe."),
        ("opposite", "Prices rose there.", "Prices fell there."),
        ("quantifier", "Some of the homes were hit.", "All of the homes were hit."),
        ("hedge dropped", "The dike might break.", "The dike will break."),
        ("condition dropped", "The dike will break if it rains again.", "The dike will break."),
        ("condition dropped", "It looks as if it had rained again.", None),
        ("number", "Nothing to count here.", None),
    ],
)
def test_a_corruption_changes_one_thing(claims: ModuleType, kind: str, text: str, made: str | None):
    assert changed(claims, kind, text) == made


@pytest.mark.parametrize(
    ("kind", "text", "made"),
    [
        ("number respelled", "There were 12 cars.", "There were twelve cars."),
        ("adverb dropped", "It was finally built.", "It was built."),
        ("parenthesis dropped", "The dike (a high one) broke.", "The dike broke."),
        ("pronoun named", "She praised it.", "Ann Roe praised it."),
        ("time moved", "On Monday, the dike broke.", "The dike broke on Monday."),
        ("tense", "The council has voted.", "The council voted."),
        ("voice", "Ann Roe was praised by Peter Lee.", "Peter Lee praised Ann Roe."),
        ("lead-in", "Nobody knows.", None),
    ],
)
def test_a_paraphrase_keeps_the_truth(claims: ModuleType, kind: str, text: str, made: str | None):
    assert changed(claims, kind, text, faithful=True) == made


def test_detection_and_false_alarm_count_claims_and_kinds(claims: ModuleType):
    rows = [claims.Row("a", False, 10, 10), claims.Row("b", False, 30, 15), claims.Row("c", True, 8, 6)]
    totals = claims.totals(rows)
    assert totals["detection_micro"] == 25 / 40
    assert totals["detection_macro"] == 0.75
    assert totals["detection_worst"] == 0.5
    assert totals["false_alarm_micro"] == totals["false_alarm_macro"] == 0.25


def test_the_check_reaches_its_targets_on_the_projects_own_articles(claims: ModuleType, encoder: Encoder):
    items = claims.collect(["own"], 60, encoder.embed)
    assert {item.faithful for item in items} == {True, False}
    results = claims.check(items, encoder.embed)
    settings = claims.Settings()
    rows = claims.table(items, results, settings.coverage_at_least, settings.meaning_at_least)
    totals = claims.totals(rows)
    assert totals["detection_micro"] >= 0.95
    assert totals["false_alarm_micro"] <= 0.08
