"""A newspaper's archive that never was: any number of articles of about 250 words, the same at each run.

A grammar of a few hundred words, and names made of syllables: two articles hardly share five words in a row,
as in real archives. Of each hundred, one is a copy to the letter and two are nearly copies (a sentence was
added), as wire copy is. Knows nothing of Footnote beyond the dated format that it reads.
"""

import datetime as dt
import random
from pathlib import Path

WORDS = 230  # at least; about 20 more on average
FIRST_DAY = dt.date(2005, 1, 3)
A_DAY = 3  # articles
A_FOLDER = 1_000
COPY, NEARLY = 50, (33, 66)  # the places in each hundred of the copy, and of those that are nearly copies


def _listed(text: str) -> list[str]:
    """
    >>> _listed("bridge|bank\\n  examiner|ferry")
    ['bridge', 'bank examiner', 'ferry']
    """
    return [" ".join(item.split()) for item in text.split("|")]


SYLLABLES = _listed(
    """ba|ber|cor|dal|den|el|far|gar|hol|im|jor|kel|lan|mar|nor|ost|par|ril|san|tor|ul|ven|wes|yar|zel"""
)
ENDINGS = _listed("""by|don|field|gate|ham|low|mere|mouth|ney|stad|ton|ville|wick""")
GIVEN = _listed(
    """Ada|Amir|Anna|Boris|Carla|Chen|Dora|Elif|Emil|Fatima|Greta|Hugo|Ines|Ivan|Jonas|Karin|Lena|Luis|Maja
    |Milan|Nadia|Omar|Oskar|Petra|Priya|Rafael|Rosa|Sami|Sofia|Tariq|Tomas|Ulla|Vera|Viktor|Yusuf|Zoe"""
)
ROLES = _listed(
    """harbour master|city councillor|chief engineer|school inspector|union delegate|district judge
    |farm adviser|hospital director|river warden|finance secretary|museum curator|police commander
    |weather forecaster|housing officer|team captain|shop steward|bank examiner|road planner|archivist
    |fire marshal"""
)
NOUNS = _listed(
    """bridge|ferry|tunnel|reservoir|harvest|budget|contract|strike|election|pipeline|clinic|library
    |stadium|orchard|railway|ballot|factory|vineyard|dyke|warehouse|museum|turbine|mortgage|vaccine
    |festival|satellite|quarry|refinery|tariff|subsidy|inquiry|verdict|merger|shipment|archive|bakery
    |cinema|airport|lighthouse|market|fishery|census|theatre|nursery|canal|laboratory|monument|prison
    |embassy|mine"""
)
KINDS = _listed(
    """disputed|new|costly|regional|flooded|northern|private|unfinished|coastal|ageing|public|steel|rented
    |secret|profitable|wooden|provisional|empty|modern|crowded|foreign|rural|guarded|leaking|annual
    |abandoned|narrow|experimental|municipal|solar|damaged|celebrated"""
)
DID = _listed(
    """opened|closed|delayed|inspected|sold|rebuilt|approved|rejected|financed|measured|photographed
    |defended|criticised|surveyed|auctioned|repaired|expanded|insured|taxed|relocated|praised|audited
    |evacuated|privatised|doubled|postponed"""
)
WHEN = _listed(
    """before dawn|last winter|after two hearings|without warning|in spite of the rain|on the third attempt
    |during the holidays|within a week|by a narrow vote|against expert advice|for the first time
    |at the last minute|under police guard|as neighbours watched|since the spring flood
    |in front of cameras"""
)
WHY = _listed(
    """prices had risen|nobody had asked the residents|the old permit had lapsed|insurers refused to pay
    |two suppliers went bankrupt|engineers found cracks|the ministry changed its rules
    |voters had demanded it|water levels kept falling|a rival offered more|the archive had burned
    |fuel was running short"""
)
UNITS = _listed("""crowns|tonnes|passengers|litres|hectares|jobs|kilometres|complaints|households|visitors""")
PATTERNS = (
    "{person}, {role} of {town}, {did} the {kind} {noun} {when}.",
    "The {noun} near {town} {did2} {number} {unit}, according to {person}.",
    '"We {did} a {kind} {noun} because {why}," said {person}, who leads {company}.',
    "In {town}, {company} {did} its {kind} {noun} {when} and kept {number} {unit}.",
    "{company} said that the {noun} in {town} would need {number} more {unit}.",
    "A {kind} {noun}, a {kind2} {noun2} and {number} {unit} were at stake in {town}.",
    "{person} told reporters that {why}, and that {town} {did} its {noun} {when}.",
    "When {company} {did} the {kind} {noun}, {person} {did2} another in {town}.",
    "No {noun} in {town} is as {kind} as the {kind2} {noun2} of {company}, {person} wrote.",
    "Between {town} and {town2} the {role} counted {number} {unit} {when}.",
    "The {role} {did} {number} {unit}; {person} {did2} the rest {when}.",
    "Because {why}, the {kind} {noun} of {town} was {did} {when}.",
)


def write_archive(folder: Path, count: int) -> Path:
    """`count` articles in `folder`, in folders of a thousand; the first ones are the same for any `count`."""
    for number in range(count):
        file = folder / f"{number // A_FOLDER:03d}" / f"{number:06d}.txt"
        if number % A_FOLDER == 0:
            file.parent.mkdir(parents=True)
        file.write_text(article(number), encoding="utf-8")
    return folder


def article(number: int) -> str:
    """The article of that number, with its date line and title.

    >>> article(7) == article(7) != article(8)
    True
    >>> [len(article(number).split()) > 230 for number in (0, 1, 2)]
    [True, True, True]
    """
    place = number % 100
    if place == COPY:
        return article(number - 1)
    if place in NEARLY:
        more = random.Random(number)
        return f"{article(number - 1)}\n{sentence(more)}\n"
    chance = random.Random(number)
    day = FIRST_DAY + dt.timedelta(days=number // A_DAY)
    title = f"{_town(chance)}: {chance.choice(KINDS)} {chance.choice(NOUNS)} {chance.choice(DID)}"
    paragraphs, words = [], 0
    while words < WORDS:
        paragraphs.append(" ".join(sentence(chance) for _ in range(chance.randint(2, 4))))
        words += len(paragraphs[-1].split())
    return f" date {day} \n\n{title}\n\n" + "\n\n".join(paragraphs) + "\n"


def sentence(chance: random.Random) -> str:
    """One sentence of news."""
    text = chance.choice(PATTERNS).format(
        person=f"{chance.choice(GIVEN)} {_name(chance)}",
        role=chance.choice(ROLES),
        town=_town(chance),
        town2=_town(chance),
        company=f"{_name(chance)} {chance.choice(('Works', 'Group', 'Council', 'Lines', 'Trust'))}",
        noun=chance.choice(NOUNS),
        noun2=chance.choice(NOUNS),
        kind=chance.choice(KINDS),
        kind2=chance.choice(KINDS),
        did=chance.choice(DID),
        did2=chance.choice(DID),
        when=chance.choice(WHEN),
        why=chance.choice(WHY),
        number=f"{round(10 ** chance.uniform(0.7, 5)):,}",
        unit=chance.choice(UNITS),
    )
    return text[0].upper() + text[1:]


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=2)).capitalize() + chance.choice(("", "ic", "sen", "a", "er"))


def _town(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randint(1, 2))).capitalize() + chance.choice(ENDINGS)
