"""Words that may stand for each other, and words that claim nothing by themselves. English.

The groups are small on purpose: only words that may replace each other in a report without changing what is
said. What stands in no group must be in the quote itself. Opposites are in denial.py.
"""

import re
from functools import lru_cache

from index.words import STOPWORDS, stem, words

CLAUSE = re.compile(
    r"[,;:()“”\"–—]|[.!?](?=\s)|\s-+\s|\b(?:but|although|though|while|whereas|and|which|that|who"
    r"|because|if|when)\b",
    re.I,
)
# One group a line; a word may stand in several.
GROUPS = """
begin began begun start commence launch open kick
end ended conclude finish finished complete stop cease over
buy bought purchase acquire acquisition
build built construct construction erect building
rebuild rebuilt reconstruct reconstruction
make made produce create manufacture generate
create found founded establish set form start
use used utilize utilise usage employ apply
help assist aid support assistance
show shown demonstrate reveal indicate display exhibit
get got gotten obtain receive gain acquire earn
give gave given provide supply offer grant
need require necessary requirement must
try tried attempt seek sought effort
choose chose chosen select pick elect
happen occur occurred take place took
live reside dwell inhabit
die died dead death pass passed deceased
kill killed slay slain death dead die died
injure injured wound wounded hurt injury
child children kid youngster
film movie picture
song track single tune
company firm business corporation enterprise
job position post role
car vehicle automobile
ship boat vessel ferry
plane aircraft airplane jet
house home residence dwelling
area region zone part
place location site spot
city town
road street
country nation state
border frontier boundary
soldier troop force military army
weapon arm armament
war conflict fighting
attack assault strike
leader head chief
lead led head headed run ran direct
boss chief head
manage run operate
police officer cop
doctor physician
lawmaker legislator parliamentarian
politician lawmaker
member representative
worker employee staff
spokesman spokeswoman spokesperson
expert specialist
scientist researcher
pupil student
important significant major key crucial vital essential
main principal primary chief key
large big huge great
small little tiny
quick quickly fast rapid rapidly swift
almost nearly close roughly
about around approximately roughly some circa near
near close nearby beside next
whole entire full complete total all
total overall altogether
many numerous lot
several various number
often frequently commonly regularly
usually generally typically normally
famous known well renowned
call called name known refer referred term dub
mean meant signify
because since due reason owing
so therefore thus
however nevertheless but nonetheless
also additionally addition moreover too
despite although though notwithstanding
during throughout
include including contain comprise consist such
comprise consist make
allow permit let enable authorize
ban prohibit forbid
refuse refusal decline reject
reject rejection turn
approve approval pass accept adopt agree
agree agreement deal pact accord
decide decision rule ruling
vote ballot
want wish desire seek hope
plan intend aim intention
ask request demand urge call
order instruct command
warn warning caution
criticize criticise criticism condemn
praise commend laud
worry concern fear anxiety
rise rose risen increase grow grew grown climb went
fall fell fallen decrease decline drop drop reduce went
higher more greater above over
lower less below fewer under
more over exceed greater additional further
extra additional more further
win won victory triumph
lose lost loss
defeat defeated beat beaten
join joined enter become
leave left depart departed quit
return returned back came come
arrive arrived reach came come
move moved relocate shift
go went gone travel travelled traveled journey
send sent dispatch
deploy deployed station stationed
carry carried transport convey bear
hold held host
keep kept retain maintain stay remain
remain stay still
replace replaced succeed
follow followed succeed
meet met meeting
talk talked speak spoke spoken conversation discussion discuss negotiation
phone telephone call
write wrote written author pen
author writer
direct directed director
star starred feature appear
play played portray portrayed perform act
sing sang sung perform vocal
release released publish issue issued
publish published publication release
win won award
marry married wed wife husband
bear born birth
discover discovered find found discovery
find found discover
think thought believe belief consider regard view
consider considered regard deem
know known aware
suppose expected expect anticipate
predict forecast prediction
result lead led cause consequence outcome
cause caused lead led bring brought due because
damage damaged harm harmed hit
destroy destroyed demolish ruin
tear torn demolish pull
burst broke broken break breach rupture
flood flooded flooding
repair repaired fix restore
fix fixed repair
shut close closed
cost price expense
pay paid spend spent payment
money fund funding finance
fund finance financed pay
expensive costly dear
cheap inexpensive
tax duty levy
law legislation act bill statute
government administration authority authorities
court tribunal judge
crime offence offense
arrest arrested detain detained
accuse accused charge allege
deny denied reject
prove proof evidence
study research investigation
report account story
test trial
system network
type kind sort form
way method manner means
part portion section component element piece
problem issue difficulty trouble
goal aim objective purpose
size extent
amount quantity sum
height high tall
length long
width wide
depth deep
weight weigh weighed heavy
age old aged
year annual annually yearly
month monthly
week weekly
day daily
early beginning start
late end
now currently today present presently
former formerly ex previous
previous previously earlier prior before
recent recently late lately
last previous past final
next following subsequent later
later subsequently afterwards after
first initially original originally
again once
immediately directly instantly promptly
finally eventually ultimately
only just sole solely merely
especially particularly notably
locate located situated lie lies lay stand
surround surrounded
cover covered span
connect connected link linked join
divide divided split separate
belong belongs owned own
own owner belong possess
different differ various distinct
same similar identical equal
dangerous hazardous
deadly fatal lethal
safe secure
safety security
change changed alter alteration modify
improve improved better
grow grew expand
develop developed development
continue continued go keep still ongoing
last lasted take took continue
limit ceiling cap
wait waited await
cut reduce reduced
add added addition
remove removed
collapse collapsed fell
evacuate evacuated evacuation flee fled
escape escaped flee fled
save saved rescue rescued
rain rainfall
storm hurricane
sick ill sickness illness disease
disease illness condition
medicine drug medication
mother mom mum
father dad
woman women female
man men male
people person resident inhabitant citizen population
team side squad
match game
player athlete
fight fought battle
king queen monarch sovereign ruler
rule ruled reign govern
american america united states
british britain united kingdom
propose proposed proposal suggest suggestion
promise promised pledge pledged vow
announce announced announcement unveil declare
confirm confirmed confirmation
resign resigned resignation step down
appoint appointed appointment name
respond responded response reply answer react
complain complained complaint object
object objected objection oppose opposed
oppose opposed opposition against
invade invaded invasion
protect protected protection defend defence defense
guarantee guarantee assurance ensure assure
threaten threat
train training exercise
withdraw withdrew withdrawn pull pulled withdrawal
demand demanded require
measure measured
count counted number
raise raised lift increase heighten
price fare
crossing trip ride
passenger traveller traveler rider
"""

# "people" may stand for each of these, and none for another.
PERSONS = (
    "passenger traveller traveler resident citizen inhabitant soldier worker employee voter student pupil"
    " teacher volunteer refugee patient visitor civilian officer member guest player fan tourist"
    " migrant victim"
)

# They report what somebody said and claim nothing more.
SAYING = frozenset(
    map(
        stem,
        words(
            """say said says saying tell told tells state stated states explain explained explains note noted
    notes remark remarked report reported reports comment commented mention mentioned mentions
    describe described add added adds point pointed write wrote according argue argued argues
    observe observed statement declare declared announce announced announces article articles quote"""
        ),
    )
)
# Words that a sentence needs without saying anything.
LIGHT = frozenset(
    map(
        stem,
        words(
            """also even still already thus hence however therefore moreover furthermore additionally
    meanwhile article articles text source sources information answer question fact various
    certain specific specifically respectively overall namely known called so-called named name
    refer refers referred term become became becomes include includes including included involve
    involved particular particularly way ways make makes made making take takes took taken
    taking give gave given put set get gets got get would total case cases mean means addition
    well part kind type consist consists consisted serve served serves use used using happen
    happened happens occur occurred event thing things one two first later eventually currently
    actually really then now upon via located based"""
        ),
    )
) - {"two", "first", "on", stem("total")}
LEAD_IN = re.compile(
    r"\A(?:(?:the|this|that) )?(?:articles?|text|reports?|passages?|quotes?|sources?)(?: also)?"
    r" (?:says?|states?|reports?|mentions?|notes?|explains?|tells?(?: us)?|indicates?)(?: that)?,? "
    r"|\A(?:according to|as (?:stated|reported|mentioned|described) in|in) (?:the|this|these) "
    r"(?:given |provided )?(?:articles?|text|reports?|passages?|quotes?|sources?),? ",
    re.I,
)


def _by_stem() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in [*GROUPS.splitlines(), *(f"people person {one}" for one in PERSONS.split())]:
        stems = {stem(word) for word in words(group)}
        for one in stems:
            found.setdefault(one, set()).update(stems)
    return {one: frozenset(others) for one, others in found.items() if one}


ALIKE = _by_stem()
NO_ONES = frozenset[str]()


def without_lead_in(claim: str) -> str:
    """A claim without "The article says that", which claims nothing; its first letter large again.

    >>> without_lead_in("According to the article, the dike broke.")
    'The dike broke.'
    """
    rest = LEAD_IN.sub("", claim, count=1)
    return rest[:1].upper() + rest[1:] if rest != claim else claim


@lru_cache(maxsize=50_000)
def relatives(one: str) -> frozenset[str]:
    """The stems that may stand for a stem, itself included.

    >>> stem("bought") in relatives(stem("purchased")), "close" in relatives("open")
    (True, False)
    """
    return ALIKE.get(one, NO_ONES) | {one}


def is_covered(one: str, there: frozenset[str]) -> bool:
    """Whether a stem of a claim, or what may stand for it, is among those of its quotes (`there`).

    >>> is_covered("presidenti", frozenset(["presid"])), is_covered("presid", frozenset(["presidenti"]))
    (True, False)
    """
    if not relatives(one).isdisjoint(there) or (one in SAYING and not SAYING.isdisjoint(there)):
        return True
    return len(one) >= FAMILY and any(len(other) >= FAMILY and one.startswith(other) for other in there)


NUMBER_WORDS = frozenset(words("hundred thousand million billion trillion dozen percent"))
FAMILY = 5  # letters from which a stem that begins another one is of its family


def carries(word: str) -> bool:
    """Whether a folded word of a claim must be found in its quotes: neither a function word nor a light one,
    and no number, which is compared by its value."""
    number = any(map(str.isdigit, word)) or word in NUMBER_WORDS
    return not number and word not in STOPWORDS and stem(word) not in LIGHT
