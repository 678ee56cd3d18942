"""RIS: read back by rispy, it is what was written."""

import pytest
import rispy
from hypothesis import given
from listed import HOSTILE, cited, hostile, lists, many

from assistant.report.reference import Reference, references
from assistant.report.ris import from_ris, to_ris
from index.errors import UsageError


@given(lists())
def test_exported_and_read_back_by_rispy_it_is_equal(made: list[Reference]):
    assert from_ris(to_ris(made)) == made


def test_fields_are_where_other_programs_look_for_them():
    facts = {"title": "Ferry", "source": "The Bell", "author": "Ane Holt", "url": "https://a.org"}
    (record,) = rispy.loads(to_ris(references(cited(**facts, file="a.html"))))
    assert record == {
        "type_of_reference": "ELEC",
        "id": "holtferry",
        "authors": ["Holt, Ane"],
        "title": "Ferry",
        "secondary_title": "The Bell",
        "urls": ["https://a.org"],
        "access_date": "2024/03/08/",
        "custom1": "a.html",
        "notes": ["“It rained.”"],
    }


def test_no_text_ends_its_record():
    assert len(rispy.loads(to_ris(references(hostile())))) == len(HOSTILE)


def test_five_hundred_references():
    made = references(many())
    assert from_ris(to_ris(made)) == made and len(made) == 500


def test_a_file_without_what_is_needed_is_refused():
    with pytest.raises(UsageError, match="choose another"):
        from_ris("TY  - NEWS\nTI  - Ferry\nER  - \n")
