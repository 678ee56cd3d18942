"""Faithful claims pass and corrupted ones fail, each for its own reason, against quotes of real articles."""

import datetime as dt
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checking.facts import facts, missing_names
from assistant.checking.spelling import plain
from assistant.checking.verify import Verification, coverage, numbers, verify
from assistant.values import Evidence, Source
from index.embed import Encoder
from index.text import MONTHS, human_date
from index.words import words

DIKE = (
    "The Ormeska Provincial Council voted on Tuesday evening to raise the Kolvard dike on the lower Irravel, "
    "a project it expects to cost 3.4 million crowns. The motion passed by 11 votes to 6 after a debate of "
    "almost three hours."
)
FERRY = (
    "Ormeska Lines carried 48,200 passengers between January and March, 12 percent more than in the same "
    "months of 2021, the company said on Wednesday."
)
SHIP = (
    "A second-hand ship, the Álvhild, joins the fleet on May 2. She has room for 320 passengers and 41 cars "
    "and replaces the Sandling, which has been in service since 1987."
)
FARES = (
    "Residents go on paying 14 crowns for a single crossing on Line No. 4; for everyone else the price rises "
    "from 22 to 25 crowns."
)
FREIGHT = (
    "Freight fell by 5 percent to 7,450 tonnes because the fish hall at Quellhaven was shut for six weeks of "
    "repairs."
)
EVACUATION = (
    "Bertil Aasmore, the head of civil protection in Ormeska, had ordered the evacuation at 10:05 p.m., a "
    "little more than an hour before the breach."
)
HOMES = (
    "Of the 212 homes, 149 are in Tholmby and 63 in Nether Skarrow; 27 houses can no longer be lived in and "
    "will probably have to be torn down."
)
COST = (
    "According to the paper sent to its members, the cost has gone up again, from 4.1 to 4.6 million crowns, "
    "while 2.3 of the 2.8 kilometers are finished."
)
REFUSED = "Dovenick asked for a ceiling on the cost, which the majority refused."
NOT_YET = "The part that failed had not been raised yet."
YERMAK = (
    "US National Security Adviser Jake Sullivan spoke by telephone with Andriy Yermak, the chief of the "
    "presidential administration in Ukraine."
)
MEETING = (
    "On January 12, Russia is to meet NATO. One day later, on January 13, comes an Organization for Security "
    "and Cooperation in Europe session at which the two sides are likewise expected to engage."
)
INVASION = "Russia’s army invaded Ukraine on 24 February 2022, and the U.S. paid $4.3bn in aid."
VARIANT = "The BA.5 variant made up 79% of cases in mid-May, up from 53% in the week ending on April 30."
BOXER = "The 21-year-old boxer from Lagos, a star since the late 2010s, earned $4.32 million."
GAS = "Gas cost $4.32 a gallon on average, less than the $5.02 of June but more than a year ago."
DENIED = "Moscow denied that it was planning an attack; it did not, however, withdraw its troops."
PRIZE = "She won the prize at 7 p.m., the first woman to do so since 1990, and her 2,500 guests cheered."

OVERDUE = "The builders were not due at the pumping station before July, two weeks after the flood."
LISTED = "The list included farms and mills, but did not include churches; it was more than 40 pages long."
RATE = "In May prices rose by 8.6%, the council said; in April fuel had risen by 13.7% and 38.4%."

# (quote, article's date, claims that it carries)
FAITHFUL: list[tuple[str, str | None, list[str]]] = [
    (
        DIKE,
        "2022-03-09",
        [
            "The council voted to raise the Kolvard dike.",
            "The project is expected to cost 3.4 million crowns.",
            "The project costs 3,400,000 crowns.",
            "The motion passed by eleven votes to six.",
            "The motion passed 11-6 after a debate of almost 3 hours.",
            "By 9 March 2022 the Ormeska Provincial Council had voted to raise the dike.",
        ],
    ),
    (
        FERRY,
        "2022-04-21",
        [
            "The company carried 48,200 passengers between January and March.",
            "Ormeska Lines carried 48200 people between January and March.",
            "Ormeska Lines carried 12% more passengers than in the same months of 2021.",
            "Passengers of Ormeska Lines: 12 per cent more.",
            "In the months between January and March, Ormeska Lines carried 48,200 passengers.",
        ],
    ),
    (
        SHIP,
        None,
        [
            "The Álvhild replaces the Sandling.",
            "The Alvhild has room for 320 passengers.",
            "The ship joins the fleet on 2 May.",
            "She has room for 41 cars and 320 passengers.",
            "The Sandling has been in service since 1987.",
        ],
    ),
    (
        FARES,
        None,
        [
            "Residents go on paying 14 crowns.",
            "Residents pay fourteen crowns for a crossing on Line 4.",
            "The price rises from 22 crowns to 25 crowns for everyone else.",
        ],
    ),
    (
        FREIGHT,
        None,
        ["Freight fell by 5% to 7,450 tonnes.", "The fish hall was shut for 6 weeks of repairs."],
    ),
    (
        EVACUATION,
        None,
        [
            "Aasmore had ordered the evacuation at 10:05 p.m.",
            "Bertil Aasmore ordered the evacuation at 22:05.",
            "The head of civil protection, Bertil Aasmore, ordered the evacuation.",
        ],
    ),
    (
        HOMES,
        None,
        [
            "149 of the homes are in Tholmby.",
            "149 homes are in Tholmby.",
            "27 houses can no longer be lived in.",
            "63 homes are in Nether Skarrow.",
        ],
    ),
    (
        COST,
        None,
        [
            "The cost has gone up from 4.1 million to 4.6 million crowns.",
            "The cost has gone up from 4.1 to 4.6 million crowns.",
            "2.3 of 2.8 km are finished.",
        ],
    ),
    (REFUSED, None, ["The majority refused a ceiling on the cost.", "Dovenick asked for a ceiling."]),
    (NOT_YET, None, ["The part that failed hadn’t been raised.", "The part had not been raised yet."]),
    (
        YERMAK,
        None,
        [
            "Jake Sullivan spoke with Andriy Yermak.",
            "The chief of Ukraine’s presidential administration is Andriy Yermak.",
            "Sullivan is the National Security Adviser of the United States.",
            "Ukrainian administration chief Andriy Yermak spoke with Sullivan by telephone.",
        ],
    ),
    (
        MEETING,
        "2021-12-24",
        [
            "Russia is to meet NATO on January 12.",
            "The OSCE session is on 13 January.",
            "The session comes one day later, on Jan. 13.",
        ],
    ),
    (
        INVASION,
        None,
        [
            "Russia invaded Ukraine on February 24, 2022.",
            "Russian army invaded Ukraine on 2022-02-24.",
            "Ukraine was invaded by the army of Russia.",
            "The United States paid 4.3 billion dollars in aid.",
            "The US paid $4.3 billion in aid.",
        ],
    ),
    (
        VARIANT,
        None,
        [
            "BA.5 made up 79 percent of cases in mid-May.",
            "The BA.5 variant made up 79% of cases, up from 53 per cent.",
            "In the week ending on 30 April it made up 53%.",
        ],
    ),
    (
        BOXER,
        None,
        [
            "The boxer, 21, earned $4.32 million.",
            "The boxer from Lagos is 21 years old.",
            "The boxer earned 4,320,000 dollars.",
            "The boxer is a star since the late 2010s.",
        ],
    ),
    (GAS, None, ["Gas cost 4.32 dollars a gallon.", "Gas cost $4.32 a gallon, less than the $5.02 of June."]),
    (
        DENIED,
        None,
        [
            "Moscow denied planning an attack.",
            "Moscow did not withdraw its troops.",
            "It denied that Moscow was planning an attack.",
        ],
    ),
    (
        OVERDUE,
        None,
        ["The builders were not due before July.", "The builders weren’t due at the pumping station."],
    ),
    (LISTED, None, ["The list included farms and mills.", "The list did not include churches."]),
    (RATE, "2022-06-09", ["Prices rose by 8.6% in May.", "In April fuel had risen by 38.4 percent."]),
    (PRIZE, None, ["She won the prize at 7 p.m.", "The first woman since 1990 won the prize at seven."]),
]

# (quote, article's date, corrupted claims and a word of the reason)
CORRUPTED: list[tuple[str, str | None, list[tuple[str, str]]]] = [
    (
        DIKE,
        "2022-03-09",
        [
            ("The project is expected to cost 4.3 million crowns.", "number 4,300,000"),
            ("The project is expected to cost 3.4 billion crowns.", "number 3,400,000,000"),
            ("The project is expected to cost 3.4 crowns.", "number 3.4"),
            ("The project is expected to cost 3.4 million dollars.", "counts something else"),
            ("The motion passed by 6 votes to 11.", "other way round"),
            ("The motion passed after a debate of more than three hours.", "bound the other way"),
            ("The council voted on Wednesday evening to raise the Kolvard dike.", "name Wednesday"),
            ("The council voted not to raise the Kolvard dike.", "denies"),
            ("The council never voted to raise the dike.", "denies"),
            ("The council voted to raise the Kolvard dike, which will please all the farmers.", "nothing in"),
            ("Berlin voted to raise the Kolvard dike on the lower Irravel.", "name Berlin"),
            ("The council voted in 2019 to raise the Kolvard dike.", "number 2019"),
            ("The council voted on 10 March 2022 to raise the Kolvard dike.", "date 10 March 2022"),
            ("9 votes were cast for the Kolvard dike.", "number 9"),
        ],
    ),
    (
        FERRY,
        "2022-04-21",
        [
            ("Ormeska Lines carried 48,300 passengers between January and March.", "number 48,300"),
            ("Ormeska Lines carried 48,200 cars between January and March.", "counts something else"),
            ("Ormeska Lines carried 48.2 passengers between January and March.", "number 48.2"),
            ("Ormeska Lines carried 21 percent more passengers than in 2021.", "number 21"),
            ("Ormeska Lines carried 12 million more passengers than in 2021.", "number 12,000,000"),
            (
                "Ormeska Lines carried 12 more passengers than in the same months of 2021.",
                "counts something else",
            ),
            ("Ormeska Lines carried 12 percent fewer passengers than in 2021.", "opposite of"),
            ("The company carried 48,200 passengers between January and May.", "date May"),
            ("The company carried 48,200 passengers between January and March 2021.", "date March 2021"),
        ],
    ),
    (
        SHIP,
        None,
        [
            ("She has room for 41 passengers and 320 cars.", "counts something else"),
            ("The ship joins the fleet on May 20.", "date 20 May"),
            ("The ship joins the fleet on June 2.", "date 2 June"),
            ("The ship joins the fleet on May 2, 2022.", "date 2 May 2022"),
            ("The Sandling replaces the Álvhild.", "roles"),
            ("The Sandling has been in service since 1978.", "number 1978"),
        ],
    ),
    (
        FARES,
        None,
        [
            ("Everyone else pays from 25 to 22 crowns.", "other way round"),
            ("Residents go on paying 14 euros for a crossing.", "counts something else"),
            ("The price falls from 22 to 25 crowns for everyone else.", "opposite of “rises”"),
            ("Residents do not go on paying 14 crowns for a single crossing.", "denies"),
        ],
    ),
    (
        FREIGHT,
        None,
        [
            ("Freight rose by 5 percent to 7,450 tonnes.", "opposite of"),
            ("Freight fell by 5 tonnes.", "counts something else"),
            ("The fish hall at Quellhaven was shut for six days of repairs.", "counts something else"),
            ("The fish hall at Quellhaven was open for six weeks of repairs.", "opposite of"),
        ],
    ),
    (
        EVACUATION,
        None,
        [
            ("Aasmore had ordered the evacuation at 10:05 a.m.", "time of day"),
            ("Aasmore had ordered the evacuation at 5:10 p.m.", "time of day"),
            ("Aasmore had ordered the evacuation an hour after the breach.", "opposite of"),
            ("Okravent had ordered the evacuation an hour before the breach.", "name Okravent"),
        ],
    ),
    (
        HOMES,
        None,
        [
            ("27 houses can be lived in.", "denies"),
            ("194 homes are in Tholmby.", "number 194"),
            ("149 cars are in Tholmby and 63 in Nether Skarrow.", "counts something else"),
        ],
    ),
    (
        COST,
        None,
        [
            ("The cost has gone up from 4.6 to 4.1 million crowns.", "other way round"),
            ("The cost has gone up from 4.1 to 4.6 billion crowns.", "number 4,100,000,000"),
            ("2.3 of the 2.8 miles are finished.", "counts something else"),
        ],
    ),
    (REFUSED, None, [("The majority accepted a ceiling on the cost.", "opposite of “refused”")]),
    (REFUSED, None, [("The majority did not refuse a ceiling on the cost.", "denies")]),
    (NOT_YET, None, [("The part that failed had been raised.", "denies")]),
    (
        YERMAK,
        None,
        [
            ("Jake Sullivan spoke with Vladimir Putin by telephone.", "name Vladimir, Putin"),
            ("Merkel spoke by telephone with Andriy Yermak.", "name Merkel"),
            ("The WHO spoke by telephone with Andriy Yermak.", "name WHO"),
            ("Sullivan spoke with Yermak and offered him new weapons systems.", "nothing in"),
        ],
    ),
    (
        MEETING,
        "2021-12-24",
        [
            ("Russia is to meet NATO on February 12.", "date 12 February"),
            ("Russia is to meet NATO on January 14.", "date 14 January"),
            ("Russia is to meet NATO on January 12, 2021.", "date 12 January 2021"),
            ("Russia is to meet NATO on 24 January.", "date 24 January"),
            ("Russia is to meet NATO in May.", "date May"),
            ("12 soldiers are to meet NATO on January 12.", "number 12"),
            ("24 Russia sessions are to meet NATO.", "number 24"),
            ("Russia is not to meet NATO on January 12.", "denies"),
        ],
    ),
    (
        INVASION,
        None,
        [
            ("Ukraine invaded Russia on 24 February 2022.", "roles"),
            ("Russia invaded Ukraine on 24 March 2022.", "date 24 March 2022"),
            ("Russia invaded Ukraine on 24 February 2021.", "date 24 February 2021"),
            ("Russia invaded Poland on 24 February 2022.", "name Poland"),
            ("The U.S. paid $4.3m in aid.", "number 4,300,000"),
            ("The UK paid $4.3bn in aid.", "name Kingdom"),
            ("The U.S. paid €4.3bn in aid.", "counts something else"),
        ],
    ),
    (
        VARIANT,
        None,
        [
            ("The BA.4 variant made up 79% of cases in mid-May.", "BA4"),
            ("The BA.5 variant made up 97% of cases in mid-May.", "number 97"),
            ("The BA.5 variant made up 79% of cases in mid-June.", "date June"),
            ("The BA.5 variant made up 79 cases in mid-May.", "counts something else"),
            ("The BA.5 variant stood at 79% of cases, down from 53%.", "opposite of “up”"),
        ],
    ),
    (
        BOXER,
        None,
        [
            ("The 12-year-old boxer earned $4.32 million.", "number 12"),
            ("The boxer from Lagos has been a star since the late 1990s.", "1990S"),
            ("The boxer from Lagos earned $4.32 billion.", "number 4,320,000,000"),
        ],
    ),
    (
        GAS,
        None,
        [("Gas cost $4.23 a gallon on average.", "number 4.23"), ("Gas cost €4.32 a gallon.", "counts")],
    ),
    (
        DENIED,
        None,
        [
            ("Moscow was planning an attack.", "denies"),
            ("Moscow withdrew its troops.", "denies"),
            ("Moscow did not deny that it was planning an attack.", "denies"),
        ],
    ),
    (
        OVERDUE,
        None,
        [
            ("The builders were not due at the pumping station after July.", "opposite of “before”"),
            ("The builders were due at the pumping station before July.", "denies"),
        ],
    ),
    (
        LISTED,
        None,
        [
            ("The list included churches.", "denies"),
            ("The list did not include farms and mills.", "denies"),
            ("It was less than 40 pages long.", "bound the other way"),
        ],
    ),
    (
        RATE,
        "2022-06-09",
        [
            ("In May prices fell by 8.6%, the council said.", "opposite of"),
            ("In May prices rose by 8.6 crowns, the council said.", "counts something else"),
            ("In May prices rose by 8.6, the council said.", "counts something else"),
            ("In June prices rose by 8.6%, the council said.", "date June"),
        ],
    ),
    (
        PRIZE,
        None,
        [
            ("He won the prize at 7 p.m.", "opposite of"),
            ("She lost the prize at 7 p.m.", "opposite of"),
            ("She won the prize at 7 a.m.", "time of day"),
            ("Her 25 guests cheered.", "number 25"),
        ],
    ),
]


def evidence(quote: str, date: str | None = None, title: str | None = None) -> Evidence:
    day = dt.date.fromisoformat(date) if date else None
    source = Source("a1", "a.txt", title, day)
    return Evidence(1, source, quote, 0, len(quote), quote, 0.9, quote, 0)


def check(claim: str, cited: Sequence[Evidence], meaning: float = 1.0) -> Verification:
    """The rules with the thresholds of `Settings`, and a similarity that is always `meaning`."""
    return verify(claim, cited, lambda a, b: meaning, coverage_at_least=0.75, meaning_at_least=0.5)


@pytest.mark.parametrize(
    ("claim", "quote", "date"),
    [(claim, quote, date) for quote, date, claims in FAITHFUL for claim in claims],
)
def test_a_faithful_claim_passes(claim: str, quote: str, date: str | None):
    assert check(claim, [evidence(quote, date)]).reason == ""


@pytest.mark.parametrize(
    ("claim", "reason", "quote", "date"),
    [(claim, reason, quote, date) for quote, date, claims in CORRUPTED for claim, reason in claims],
)
def test_a_corrupted_claim_fails_for_its_reason(claim: str, reason: str, quote: str, date: str | None):
    result = check(claim, [evidence(quote, date)])
    assert reason in result.reason
    assert not result.holds


# --- several quotes, titles, thresholds -----------------------------------------------------------


def test_a_sentence_about_the_quote_is_no_claim():
    quote = evidence("Russia said 10,000 soldiers were back.")
    assert check("The quote is 10,000.", [quote]).reason == "it speaks of the quote, not of what it says"
    assert check("The quote says that 10,000 soldiers were back.", [quote]).holds


def test_a_claim_that_cites_nothing_fails():
    assert check("It rained.", []) == Verification("it cites nothing", 0.0)


def test_two_quotes_carry_together_what_neither_carries_alone():
    claim = "The Álvhild replaces the Sandling, and freight fell by 5 percent."
    assert check(claim, [evidence(SHIP)]).reason == "the number 5 is not in the quote"
    assert check(claim, [evidence(FREIGHT)]).reason == "the name Álvhild, Sandling is not in the quote"
    assert check(claim, [evidence(SHIP), evidence(FREIGHT)]).holds


def test_the_title_of_an_article_is_known():
    claim = "Dovenick asked for a ceiling on the cost of the Kolvard dike."
    assert check(claim, [evidence(REFUSED)]).reason == "the name Kolvard is not in the quote"
    assert check(claim, [evidence(REFUSED, title="The Kolvard dike")]).holds


def test_the_day_of_the_articles_date_counts_nothing_else():
    """ "24 December" at the head of the article is no proof of 24 tanks."""
    quote = evidence("Tanks crossed the river.", "2021-12-24")
    assert check("Tanks crossed the river by 24 December 2021.", [quote]).holds
    assert check("24 tanks crossed the river.", [quote]).reason == "the number 24 is not in the quote"


def test_too_few_words_of_the_quote_fail_with_their_share():
    result = check("The ceiling on spending pleased Dovenick.", [evidence(REFUSED)])
    assert (result.reason, result.coverage) == ("only 33% of its words are in the quote", 1 / 3)


def test_a_far_meaning_fails_with_its_cosine():
    result = check("Dovenick asked for a ceiling.", [evidence(REFUSED)], meaning=0.31)
    assert (result.reason, result.coverage, result.meaning) == (
        "its meaning is far from the quote (0.31)",
        1.0,
        0.31,
    )


def test_the_meaning_is_that_of_the_claim_and_its_nearest_quote_or_all_of_them():
    asked: list[tuple[str, str]] = []

    def similarity(a: str, b: str) -> float:
        asked.append((a, b))
        return 0.9

    cited = [evidence(REFUSED), evidence(NOT_YET)]
    result = verify("The majority refused.", cited, similarity, coverage_at_least=0.75, meaning_at_least=0.5)
    assert result.holds
    assert asked == [("The majority refused.", text) for text in (f"{REFUSED} {NOT_YET}", REFUSED, NOT_YET)]


def test_similarity_with_the_real_encoder_tells_answers_from_other_subjects(encoder: Encoder):
    def similarity(a: str, b: str) -> float:
        rows = encoder.embed([a, b])
        return float(np.dot(rows[0], rows[1]))

    def real(claim: str, quote: str) -> Verification:
        return verify(claim, [evidence(quote)], similarity, coverage_at_least=0, meaning_at_least=0.5)

    near = real("Freight fell by 5 percent to 7,450 tonnes.", FREIGHT)
    assert near.holds
    assert near.meaning > 0.7
    far = real("Fish weeks.", DIKE.replace("hours", "weeks of fish"))
    assert far.reason == f"its meaning is far from the quote ({far.meaning:.2f})"
    assert far.meaning < 0.3


# --- properties -----------------------------------------------------------------------------------

QUOTES = [quote for quote, _, _ in FAITHFUL]


@pytest.mark.parametrize("quote", QUOTES)
def test_every_quote_carries_itself(quote: str):
    assert check(quote, [evidence(quote)]) == Verification("", 1.0, 1.0)


@given(quote=st.sampled_from(QUOTES), by=st.integers(1, 10**6), data=st.data())
def test_any_number_that_the_quote_does_not_hold_is_seen(quote: str, by: int, data: st.DataObject):
    figures = sorted(f.value for f in facts(quote).figures)
    if figures:
        new = int(data.draw(st.sampled_from(figures))) + by
        if new not in numbers(quote):
            reason = check(f"In all there were {new} of them.", [evidence(quote)]).reason
            assert reason.replace(",", "") == f"the number {new} is not in the quote"


@given(
    day=st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)),
    other=st.dates(dt.date(1000, 1, 1), dt.date(2999, 12, 31)),
)
def test_all_spellings_of_a_date_are_one_date_and_no_other(day: dt.date, other: dt.date):
    quote = evidence(f"The bridge was opened on {human_date(day)}.")
    month = MONTHS[day.month - 1]
    short = "Sept." if day.month == 9 else f"{month[:3]}." if day.month != 5 else "May"
    for spelling in (
        day.isoformat(),
        f"{month} {day.day}, {day.year}",
        f"{short} {day.day}, {day.year}",
        f"the {day.day}th of {month} {day.year}",
        f"{month} {day.day}",
        f"{month} {day.year}",
    ):
        assert check(f"The bridge was opened on {spelling}.", [quote]).reason == ""
    if other != day:
        wrong = check(f"The bridge was opened on {human_date(other)}.", [quote])
        assert wrong.reason == f"the date {human_date(other)} is not in the quote"


@given(st.integers(2, 999_999))
def test_a_number_in_words_is_the_number_in_digits(value: int):
    assert numbers(f"There were {spoken(value)} of them.") == {value}


def spoken(value: int) -> str:
    """An English number below a million, the long way round, written apart from the code it tests."""
    ones = words(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen"
    )
    tens = words("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
    if value < 20:
        return ones[value]
    if value < 100:
        return tens[value // 10] + (f"-{ones[value % 10]}" if value % 10 else "")
    if value < 1000:
        rest = f" and {spoken(value % 100)}" if value % 100 else ""
        return f"{ones[value // 100]} hundred{rest}"
    rest = f" {'and ' if value % 1000 < 100 else ''}{spoken(value % 1000)}" if value % 1000 else ""
    return f"{spoken(value // 1000)} thousand{rest}"


# --- spellings and facts --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$4.32", "4.32 dollars"),
        ("US$5 million", "5 million dollars"),
        ("€5–6 million", "5-6 million euros"),
        ("£1.2bn", "1.2 billion pounds"),
        ("3m people", "3 million people"),
        ("1.4m high", "1.4m high"),
        ("79 %", "79 percent"),
        ("79 per cent", "79 percent"),
        ("10,000,000", "10000000"),
        ("10\u202f000", "10000"),
        ("two thousand and five", "2005"),
        ("one hundred and twenty thousand", "120 thousand"),
        ("a million", "1 million"),
        ("two dozen", "24"),
        ("no one", "no one"),
        ("21-year-old", "21-year-old"),
        ("Line No. 4", "Line number 4"),
        ("the 5th of Sept., 2020", "the 5th of September, 2020"),
        ("mid-May", "mid-May"),
        ("the 1990s", "the 1990s"),
        ("He left the U.S.", "He left the United States."),
        ("the U.K. and the EU", "the United Kingdom and the European Union"),
        ("It told us", "It told us"),
        ("2.8km", "2.8 kilometers"),
        ("Russia’s", "Russia's"),
    ],
)
def test_facts_have_one_spelling(written: str, meant: str):
    assert plain(written) == meant
    assert plain(meant) == meant


@given(st.text())
def test_any_text_can_be_checked(text: str):
    assert check(text, [evidence("It rained.")]).coverage <= 1
    assert check("It rained.", [evidence(text or " ")]).coverage <= 1


EVIL = [
    "a",
    "A ",
    "A b ",
    "toe-",
    "1,",
    "1.",
    "not ",
    "not,",
    " ",
    "\n",
    "$1-",
    "one hundred ",
    "U.",
    "the ",
    "[",
    "“",
]


@pytest.mark.parametrize("piece", EVIL)
def test_checks_take_no_time_on_odd_texts(piece: str):
    """A regular expression that tries all ways to match would take hours; these take milliseconds."""
    text = piece * (2_000 // len(piece))
    started = time.perf_counter()
    check(text + "!", [evidence(f"It rained. {text}")])
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("claim", "known", "missing"),
    [
        ("Merkel called.", "Truss called.", ["Merkel"]),
        ("Officials called.", "Truss called.", []),
        ("The Russian army", "Russia", []),
        ("Ukrainians", "Ukraine", []),
        ("A Chinese ship", "China", []),
        ("Martina won", "Martin won", ["Martina"]),
        ("Nigeria won", "Niger won", ["Nigeria"]),
        ("The OSCE met", "the Organization for Security and Co-operation in Europe met", []),
        ("The WHO warned", "those who warned", ["WHO"]),
        ("It was Élodie Vantrésor’s idea", "ELODIE VANTRESOR had it", []),
        ("Saint-Orée", "Saint Peter", ["Orée"]),
        ("Russia-backed groups", "Russia", []),
        ("In May and June", "", []),  # months are dates
    ],
)
def test_names_must_be_known(claim: str, known: str, missing: list[str]):
    assert missing_names(claim, known) == missing


def test_coverage_counts_each_content_word_once():
    assert coverage("The dike broke, the dike!", "A dike held.") == 0.5
    assert coverage("", "A dike held.") == 1.0
    assert coverage("It was the one.", "") == 1.0
