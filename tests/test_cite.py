"""Drafts → sentences and what they cite, whole and at every moment of a stream."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.llm.cite import MARKER_CHARS, Drafted, is_whole, parse


def cited(raw: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(s.text, s.cites) for s in parse(raw, final=True).sentences]


# --- markers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "cites"),
    [
        ("[1]", (1,)),
        ("[12]", (12,)),
        ("[1][2]", (1, 2)),
        ("[1] [2]", (1, 2)),
        ("[2][1][2]", (2, 1)),
        ("[1, 3]", (1, 3)),
        ("[1,3;4]", (1, 3, 4)),
        ("[1 and 3]", (1, 3)),
        ("[1 & 3]", (1, 3)),
        ("[1-3]", (1, 2, 3)),
        ("[1–3, 5]", (1, 2, 3, 5)),
        ("[3-1]", ()),
        ("[1-99]", (1, 2, 3, 4, 5, 6, 7, 8)),
        ("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", (1, 2, 3, 4, 5, 6, 7, 8)),
        ("[Quote 1]", (1,)),
        ("[quotes 1, 2]", (1, 2)),
        ("[Source 2]", (2,)),
        ("[^1]", (1,)),
        ("[[1]]", (1,)),
        ("[ 1 ]", (1,)),
        ("[99999999999999999999]", (99999999999999999999,)),
        ("[٣]", (3,)),  # an Arabic three
    ],
)
@pytest.mark.parametrize("place", ["It rained {}.", "It rained. {}", "It rained{}.", "{} It rained."])
def test_a_marker_cites_before_and_after_the_full_stop_and_is_not_shown(
    marker: str, cites: tuple[int, ...], place: str
):
    assert cited(place.format(marker)) == [("It rained.", cites)]


@pytest.mark.parametrize(
    "text",
    [
        "He said it [sic].",
        "He said [in 1999] that it rained.",
        "It rained [].",
        "It rained [-].",
        "It rained [1 of 3].",
        "It rained [Quote].",
        f"It rained [{'1, ' * (MARKER_CHARS // 3 + 1)}1].",
        "It rained ¹.",
        "It rained (1).",
    ],
)
def test_other_brackets_are_text(text: str):
    assert parse(text, final=True).shown == text
    assert [s.cites for s in parse(text, final=True).sentences] == [()]


def test_each_sentence_gets_the_markers_in_it_and_behind_it():
    raw = "It rained [1]. It snowed. [2][3] Then it stopped [sic], says Lee [4], and froze [1]."
    assert cited(raw) == [
        ("It rained.", (1,)),
        ("It snowed.", (2, 3)),
        ("Then it stopped [sic], says Lee, and froze.", (4, 1)),
    ]


def test_markers_in_front_belong_to_the_first_sentence():
    assert cited("[2] It rained. It snowed [1].") == [("It rained.", (2,)), ("It snowed.", (1,))]


def test_sentences_on_lines_of_their_own_are_told_apart():
    assert cited("It rained [1]\n\nIt snowed [2]") == [("It rained", (1,)), ("It snowed", (2,))]


def test_markers_alone_are_no_sentence():
    assert (parse("[1][2]", final=True).sentences, parse("", final=True).sentences) == ((), ())


@pytest.mark.parametrize("cut", ["[", "[1", "[1,", "[1, 2", "[Quote", "[quotes 1", "[[1", " [ 1 -"])
def test_a_marker_that_ran_out_of_tokens_is_dropped(cut: str):
    assert cited(f"It rained {cut}") == [("It rained", ())]


@pytest.mark.parametrize("rest", ["[sic", "[in 1999", f"[{'1' * 60}"])
def test_an_open_bracket_with_text_is_kept(rest: str):
    assert parse(f"It rained {rest}", final=True).shown == f"It rained {rest}"


# --- the stream -----------------------------------------------------------------------------------


def test_all_but_the_last_sentence_are_finished_until_the_end():
    raw = "It rained [1]. It snowed [2]. It"
    assert [parse(raw, final=False).finished, parse(raw, final=True).finished] == [2, 3]
    assert parse("", final=False).finished == 0


def test_what_may_become_a_marker_is_held_back():
    steps = ["It rained", "It rained ", "It rained [", "It rained [1", "It rained [1]", "It rained [1]. "]
    assert [parse(raw, final=False).shown for raw in steps] == ["It rained"] * 5 + ["It rained."]


# Pieces that drafts are made of, whole and broken.
PIECES = [
    *("It rained.", " It snowed", " and ", "Dr. Lee left", ".", "!", "?”", " ", "\n", "\n\n", "\u2028"),
    *("[", "]", "[[", "]]", "[1]", " [2]", "[1][2]", "[1, 3]", "[1-3]", "[12]", "[Quote 1]", "[^4]"),
    *("[sic]", "[1", "1]", ", 2", "–3", "Quote ", "[999999999999999999999999]", "[" + "1," * 30 + "1]"),
    *("Élodie", "🙂", "日本。", "[日", "\u00a0[1]\u00a0", "\t[2]", "\r\n[3]", "٣"),
]
drafts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)
PARTIAL_MARKER = re.compile(r"\[(?:[Qq]uotes?|[Ss]ource)?[\s\d,;&–-]{0,30}\Z")


@given(drafts)
@example("It rained [1]. It snowed [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]. It")
@example("[[[1]]] [")
@example("a [x[1] b [ c")
def test_what_is_shown_while_it_streams_only_grows_and_ends_in_what_is_shown_at_last(raw: str):
    """Cut at every place: each text shown begins the next one, the last one begins the final text, and
    none ends in white space or holds the bracket that the next piece may turn into a marker."""
    shown = [parse(raw[:cut], final=False).shown for cut in range(len(raw) + 1)]
    for before, after in zip(shown, [*shown[1:], parse(raw, final=True).shown], strict=True):
        assert after.startswith(before)
    for cut, text in enumerate(shown):
        assert text == text.rstrip()
        if partial := PARTIAL_MARKER.search(raw[:cut]):
            assert text.count("[") <= raw[: partial.start()].count("[")


@given(drafts, st.booleans())
def test_no_whole_marker_is_ever_shown(raw: str, final: bool):
    shown = parse(raw, final).shown
    assert not re.search(r"\[(?:\d{1,2}|Quote 1|\^4|1-3|1, 3)\](?!\])", shown) or "[[" in raw or "]]" in raw


@given(drafts)
def test_sentences_are_pieces_of_what_is_shown_in_order(raw: str):
    draft = parse(raw, final=True)
    place = 0
    for sentence in draft.sentences:
        place = draft.shown.index(sentence.text, place) + len(sentence.text)
    assert draft.finished == len(draft.sentences)


@given(st.lists(st.sampled_from(["rained", "snowed", "thawed"]), min_size=1, max_size=6), st.data())
def test_each_sentence_keeps_its_own_number(verbs: list[str], data: st.DataObject):
    """Whether each marker stands before or after its full stop."""
    raw, wanted = "", []
    for number, verb in enumerate(verbs, start=1):
        raw += data.draw(st.sampled_from([f"It {verb} [{number}]. ", f"It {verb}. [{number}] "]))
        wanted.append(Drafted(f"It {verb}.", (number,)))
    assert list(parse(raw, final=True).sentences) == wanted


# --- ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "whole"),
    [
        ("It rained.", True),
        ("It rained…", True),
        ("“It rained.”", True),
        ("(It rained!)", True),
        ("It rained, he said", False),
        ("It rained,", False),
        ("", False),
    ],
)
def test_a_whole_sentence_has_its_end(sentence: str, whole: bool):
    assert is_whole(sentence) is whole
