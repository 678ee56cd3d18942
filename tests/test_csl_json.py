"""CSL-JSON: valid by the format's rules, and read back it is what was written."""

import json

import jsonschema
import pytest
from citeproc.source import Name
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from listed import hostile, lists, many

from assistant.report.csl_json import from_csl_json, to_csl_json
from assistant.report.reference import KINDS, Reference, joined, references
from index.errors import UsageError

STRING = {"type": "string", "minLength": 1}
DATE = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
            "minItems": 1,
            "maxItems": 1,
        }
    },
    "required": ["date-parts"],
    "additionalProperties": False,
}
NAME_PARTS = ("family", "given", "non-dropping-particle", "suffix", "literal")
# What the format's own schema (csl-data.json, version 1.0.2) says of the fields that we write; it knows more.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": STRING,
            "type": {"enum": list(KINDS)},
            "author": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": dict.fromkeys(NAME_PARTS, STRING),
                    "minProperties": 1,
                    "additionalProperties": False,
                },
            },
            "issued": DATE,
            "accessed": DATE,
            "custom": {"type": "object"},
            **dict.fromkeys(("title", "container-title", "URL", "note"), STRING),
        },
        "required": ["id", "type"],
        "additionalProperties": False,
    },
}


@given(lists())
def test_exported_and_read_back_it_is_equal_and_valid(made: list[Reference]):
    text = to_csl_json(made)
    assert from_csl_json(text) == made
    jsonschema.validate(json.loads(text), SCHEMA)


@given(lists())
def test_another_reader_finds_the_same_fields(made: list[Reference]):
    items = [{k: v for k, v in item.items() if k != "custom"} for item in json.loads(to_csl_json(made))]
    read = CiteProcJSON(items)
    for reference in made:
        fields = read[reference.key]
        assert [_written(name) for name in fields.get("author", [])] == list(reference.authors)
        assert ("issued" in fields) == bool(reference.date)
        if "<span" not in reference.title:  # which is markup to that reader
            assert str(fields["title"]) == reference.title


def _written(name: Name) -> str:
    given, family, _, particle, suffix = name.parts()
    person = " ".join(part for part in (given, particle, family) if part)
    return f"{person}, {suffix}" if suffix else person


def test_hostile_texts_are_in_the_file_as_they_are():
    made = references(hostile())
    items = json.loads(to_csl_json(made))
    assert [item["title"] for item in items] == [reference.title for reference in made]
    assert [item["note"] for item in items] == [joined(reference.quotes) for reference in made]


def test_five_hundred_references():
    made = references(many())
    assert from_csl_json(to_csl_json(made)) == made and len(made) == 500


@pytest.mark.parametrize("text", ["", "{}x", "[1]", '[{"id": "a", "title": "b"}]', '{"id": "a"}'])
def test_a_file_that_is_none_is_refused(text: str):
    with pytest.raises(UsageError, match="choose another"):
        from_csl_json(text)
