"""What is copied piece by piece is words of the text, whatever the pieces are."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.llm.copying import Copy

TEXTS = st.text(alphabet="ab é–7.“” 中\n", max_size=40)


@given(TEXTS, st.lists(st.binary(min_size=1, max_size=3), max_size=12))
def test_a_copy_is_whole_words_of_the_text_whatever_is_offered(text: str, pieces: list[bytes]) -> None:
    copy = Copy(text)
    for piece in pieces:
        copy.take(piece)
    at = text.find(copy.text)
    assert at >= 0
    after = text[at + len(copy.text) :]
    assert not copy.text or not (copy.text[-1].isalnum() and after[:1].isalnum()) or copy.text in after


@given(TEXTS, st.data())
def test_words_of_the_text_can_be_copied_byte_by_byte(text: str, data: st.DataObject) -> None:
    words = text.split()
    if not any(any(map(str.isalnum, word)) for word in words):
        assert Copy(text).text == ""
        return
    word = data.draw(st.sampled_from([w for w in words if any(map(str.isalnum, w))]))
    start = next(i for i, c in enumerate(word) if c.isalnum())
    copy = Copy(text)
    wanted = word[start:].encode()
    assert all(copy.take(wanted[i : i + 1]) for i in range(len(wanted)))
    assert copy.ends
    assert copy.text == word[start:]


def test_a_piece_that_does_not_go_on_in_the_text_changes_nothing() -> None:
    copy = Copy("The ferry lost its rudder.")
    assert copy.take(b" fer")
    assert not copy.take(b"ris")
    assert copy.take(b"ry lost")
    assert copy.text == "ferry lost"


def test_a_copy_that_stops_within_a_word_is_given_to_its_end() -> None:
    copy = Copy("It cost 4,200 crowns.")
    assert copy.take(b" cro")
    assert not copy.ends
    assert copy.text == "crowns"


def test_a_copy_begins_at_a_word_though_a_mark_stands_before_it() -> None:
    copy = Copy("She won a “Tony” in May.")
    assert copy.take(b" Tony")
    assert copy.ends
    assert copy.text == "Tony"
    assert not Copy("She won a “Tony”.").take(b"ony")
