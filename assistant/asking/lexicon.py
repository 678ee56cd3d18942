"""The words that the rules for follow-up questions go by: function words, verbs, first names. English.

The lists are short and common on purpose: a word that stands in none is taken for a noun.
"""

import re

from index.words import words

BE = frozenset(words("is are was were am be been being"))
DO = frozenset(words("do does did"))
HAVE = frozenset(words("has have had"))
MODAL = frozenset(words("will would can could shall should may might must"))
AUX = BE - {"be", "been", "being"} | DO | HAVE | MODAL
WH = frozenset(words("who whom whose what which when where why how"))
ADVERBIAL = frozenset(words("when where why how"))  # never the subject when they stand alone
PRONOUNS = frozenset(words("he she it they we you i there"))  # as a subject
DETERMINERS = frozenset(
    words("""a all an any both each every her his its my no our some that the their these this those your""")
)
PREPOSITIONS = frozenset(
    words(
        """about above across after against among around at before behind below beside between beyond
        by down during except for from in inside into like near of off on onto out outside over past
        since through throughout to toward towards under until up upon with within without"""
    )
)
SUBORDINATORS = frozenset(
    words("""after as because before if since than that until when where whether while""")
)

# Base forms that questions commonly ask with; nouns as well (vote, cost).
VERBS = frozenset(
    words(
        """accept accuse add admit affect agree aim allow announce answer appear appoint approve argue
        arrest arrive ask attack attend avoid base beat become begin believe belong blame break
        bring build buy call campaign cancel carry cause chair change charge choose claim close
        collect come commit compare complain condemn conduct confirm consider consist contain
        continue contribute convince cost count cover create criticise criticize cross cut damage
        deal decide declare decline defeat defend demand deny depend describe destroy develop die
        differ direct discover discuss dispute donate draw drop earn elect employ end enter
        establish estimate expect experience explain express face fail fall fight fill find finish
        flee fly follow forbid force found gain gather get give go grow happen hate have hear help
        hit hold hope hurt identify impose improve include increase inform insist intend introduce
        invade invent invest invite involve join judge keep kill know land last launch lead learn
        leave let lie like link list live look lose lower make manage marry mean measure meet
        mention miss mix move name need note object offer open oppose order own paint participate
        pass pay perform pick place plan play point post praise predict prefer prepare present press
        prevent produce promise propose protect protest prove provide publish pull put raise reach
        read receive recommend reduce refer refuse regard reject relate release rely remain remember
        remove rename repair replace reply report represent require resign respond retire return
        reveal rise rule run save say scrap see seek seem sell send serve set settle share show shut
        sign speak spend spread stand start state stay stop strike study succeed suffer suggest
        support survive suspect suspend take talk teach tell think threaten travel treat try turn
        understand use visit vote want warn watch wear win work worry write"""
    )
)
# A base form and its past, where that is not regular.
_PAST = """
    beat:beat break:broke become:became begin:began bring:brought build:built buy:bought
    choose:chose come:came cost:cost cut:cut deal:dealt draw:drew fall:fell fight:fought find:found
    flee:fled fly:flew forbid:forbade get:got give:gave go:went grow:grew have:had hear:heard
    hit:hit hold:held hurt:hurt keep:kept know:knew lead:led learn:learned leave:left let:let
    lie:lay lose:lost make:made mean:meant meet:met pay:paid put:put read:read rise:rose run:ran
    say:said see:saw seek:sought sell:sold send:sent set:set show:showed shut:shut speak:spoke
    spend:spent spread:spread stand:stood strike:struck take:took teach:taught tell:told
    think:thought understand:understood wear:wore win:won write:wrote
"""
PAST = dict(pair.split(":") for pair in _PAST.split())
BASES = {past: base for base, past in PAST.items()}
PARTICIPLES = frozenset(PAST.values()) | frozenset(
    words(
        """been beaten died used become begun chosen come done drawn fallen flown given gone grown held known
        left lost made met paid read risen run seen sent set shown shut spoken stood struck taken
        told understood won worn written"""
    )
)
DOUBLES = frozenset(
    words("admit ban commit drop permit plan prefer refer scrap stop")
)  # their last letter stands twice

WOMEN = frozenset(
    words(
        """alice amanda amy andrea angela ann anna anne annie barbara camila carol caroline catherine
        charlotte chloe christine claire diana dorothy elena elise elizabeth ella ellen emily emma
        eva eve fiona frances giorgia grace greta hannah helen hillary ingrid irene jacinda jane
        janet jen jennifer jessica jill joan julia julie kamala karen kate katherine kathy laura
        lily linda lisa liz louise lucy mandy margaret maria marie marta martha mary megan melissa
        michelle monica nancy natalie nicola nina olivia pamela patricia paula rachel rebecca rosa
        rose ruth sandra sara sarah sharon sofia sophia sophie susan teresa theresa ursula vanessa
        vera victoria virginia wendy"""
    )
)
MEN = frozenset(
    words(
        """aaron adam adrian alan albert alexander andrew anthony antonio antony arthur barack ben
        benjamin bill bob boris brian bruce carl carlos charles christopher daniel david dennis
        donald edward emmanuel eric erik frank fred gary george gordon greg hans harry henry jack
        jacob jake jakob james jan jason jeff jens jim joe johann john jonathan jorge jose joseph
        joshua juan justin karl keith kenneth kevin larry lars lee louis luis luke marco mario mark
        martin matthew max michael mike mohammed nathan nicholas nils olaf oliver oscar patrick paul
        pedro peter philip pierre ralph raymond richard robert roger ronald rupert ryan sam samuel
        scott sergei simon stefan stephen steven thomas tim timothy tom tony victor vladimir
        volodymyr walter william"""
    )
)

# What is asked of a thing, rather than a thing itself.
ATTRIBUTES = frozenset(
    words(
        """age amount area author beginning capacity cause color colour cost costs date day depth
        distance duration effect end figure height hour kind length level name number part
        percentage place population position price purpose rate reason reasons result results score
        share size speed start subject time title total type value volume weight width year"""
    )
)
PEOPLE = frozenset(
    words("cattle children families men people police sheep troops women")
)  # several without an s
# One thing that "they" may be all the same.
GROUPS = frozenset(
    words(
        """administration alliance army association authority board committee company council court
        crew family firm government group ministry office opposition party province public staff
        team union university"""
    )
)

# Words that point back to something.
PRONOUN = re.compile(
    r"\b(?:he|she|him|her|his|hers|it|its|they|them|their|theirs|this|that|these|those|there)\b", re.I
)
