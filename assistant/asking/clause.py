"""An English question → its parts, and the parts → a clause, a noun phrase or another question.

    "On which day" + "are" + "Russia and NATO" + "to meet"  →  "the day on which Russia and NATO are to meet"

Rules and short word lists, no tagger: where the main verb is not a common one, the subject may end too
early or too late, and what is built reads stiffly. Knows nothing of earlier turns.
"""

import re
from dataclasses import dataclass

from assistant.asking.lexicon import (
    ADVERBIAL,
    AUX,
    BASES,
    BE,
    DETERMINERS,
    DO,
    DOUBLES,
    HAVE,
    MODAL,
    PARTICIPLES,
    PAST,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    WH,
)
from index.words import STOPWORDS, fold

LEAD_IN = re.compile(r"\A\s*(?:(?:and|but|so|or|then|also|well|ok|okay|please),?\s+)+", re.I)


# What stands before a noun, and never before the verb of a question: "the monthly pass".
ADJECTIVE = re.compile(
    r"new|old|first|second|third|last|next|big|small|high|long|daily|weekly|monthly|yearly|\w{3,}(?:al|ic|ous|ive|ful|ary)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """A question in pieces, which joined by blanks are the question again (without its "?").

    `wh` is "" in a yes/no question; `aux` and `subject` are "" where the wh phrase is the subject.
    """

    wh: str
    aux: str
    subject: str
    rest: str

    @property
    def asks_subject(self) -> bool:
        """Whether the wh phrase is the subject: "Who spoke on Thursday"."""
        return bool(self.wh) and not self.aux

    @property
    def counted(self) -> str:
        """The noun of the wh phrase.

        >>> parts("How many wooden cabins are ready?").counted, parts("On which day is it?").counted
        ('wooden cabins', 'day')
        """
        found = re.search(
            r"\b(?:how many|how much|which|what|whose)\s+(?!of\b|else\b|more\b|less\b|\w+er\b)(\D.*)",
            self.wh,
            re.I,
        )
        return found[1] if found else ""

    @property
    def is_copular(self) -> bool:
        """ "What is the price of it": the verb "be" alone."""
        return bool(self.subject) and fold(self.aux) in BE and not self.rest


def parts(question: str) -> Parts | None:
    """The parts of a question; None for what is no question ("And in June?", "Tell me more").

    >>> parts("And on which day are Russia and NATO to meet?")
    Parts(wh='On which day', aux='are', subject='Russia and NATO', rest='to meet')
    >>> parts("Who spoke with Lee?")
    Parts(wh='Who', aux='', subject='', rest='spoke with Lee')
    >>> parts("How many homes were damaged?")
    Parts(wh='How many homes', aux='', subject='', rest='were damaged')
    """
    tokens = bare(question).split()
    low = [_word(t) for t in tokens]
    if len(low) > 1 and low[0] in AUX:
        end = _subject_end(tokens, low, 1, low[0])
        return Parts("", tokens[0], " ".join(tokens[1:end]), " ".join(tokens[end:]))
    at = next((i for i, w in enumerate(low[:3]) if w in WH), -1)
    if at < 0 or (at and low[0] not in PREPOSITIONS):
        return None
    return _after_wh(tokens, low, at)


def _after_wh(tokens: list[str], low: list[str], at: int) -> Parts | None:
    """The parts of a question whose wh word is at `at`."""
    verb = next((i for i in range(at + 1, len(low)) if low[i] in AUX and tokens[i].islower()), -1)
    first = at + 1 + (low[at + 1 : at + 2] == ["else"])
    if low[at] == "who" and first < len(low) and verb != first:
        return Parts(" ".join(tokens[:first]), "", "", " ".join(tokens[first:]))
    if verb < 0 or (verb > at + 1 and _is_verb(low, at + 1)):
        return _asking_subject(tokens, low, at)
    if verb + 1 < len(low) and _is_inverted(tokens, low, at, verb):
        end = _subject_end(tokens, low, verb + 1, low[verb])
        subject, rest = " ".join(tokens[verb + 1 : end]), " ".join(tokens[end:])
        return Parts(" ".join(tokens[:verb]), tokens[verb], subject, rest)
    return Parts(" ".join(tokens[:verb]), "", "", " ".join(tokens[verb:]))


def bare(question: str) -> str:
    """A question without its mark and the word that ties it to the one before, the first letter large.

    >>> bare("And so, who left?")
    'Who left'
    """
    text = LEAD_IN.sub("", question, count=1).strip().rstrip("?!. ").strip()
    return text[:1].upper() + text[1:]


def with_wh(wh: str, asked: Parts, subject: str) -> str:
    """The same asked about something else, without the mark; `subject` stands in where the question asked for
    the subject itself.

    >>> with_wh("Why", parts("When did the dike break?"), "")
    'Why did the dike break'
    >>> with_wh("Why", parts("Who spoke with Lee?"), "Ann Roe")
    'Why did Ann Roe speak with Lee'
    """
    wh = wh[:1].upper() + wh[1:]
    if asked.asks_subject:
        aux, verb, more = _opened(asked.rest)
        if not aux:
            return f"{wh} is it that {subject or 'someone'} {asked.rest}"
        return _joined(wh, aux, subject or "someone", verb, more)
    return _joined(wh, asked.aux.lower(), asked.subject, asked.rest)


def noun_clause(asked: Parts) -> str:
    """What was asked, as something that can be confirmed, doubted or spoken of.

    >>> noun_clause(parts("When did the council vote on the dike?"))
    'when the council voted on the dike'
    >>> noun_clause(parts("On which day are they to meet?"))
    'the day on which they are to meet'
    >>> noun_clause(parts("What is the price of the pass?"))
    'the price of the pass'
    """
    wh = asked.wh[:1].lower() + asked.wh[1:]
    if asked.asks_subject:
        return f"{wh} {asked.rest}"
    if asked.is_copular and wh in ("what", "which", "who"):
        return asked.subject
    found = re.fullmatch(r"(\w+) (?:which|what) (.+)", wh)
    if found and found[1] in PREPOSITIONS:
        return _joined(f"the {found[2]} {found[1]} which", statement(asked))
    return _joined(wh or "whether", statement(asked))


def noun_phrase(asked: Parts) -> str:
    """What a question counts or chooses, as a noun phrase; "" when it does not.

    >>> noun_phrase(parts("How many residents were still in hotels?"))
    'the residents that were still in hotels'
    >>> noun_phrase(parts("Which ship does the Álvhild replace?"))
    'the ship that the Álvhild replaces'
    >>> noun_phrase(parts("When did it rain?"))
    ''
    """
    noun = asked.counted
    if not noun or asked.is_copular:
        return ""
    before = re.match(r"(\w+) (?:which|what|whose|how)\b", asked.wh, re.I)
    link = f"{before[1].lower()} which" if before else "that"
    said = asked.rest if asked.asks_subject else statement(asked)
    return _joined("the", noun, link, said) if said else f"the {noun}"


def statement(asked: Parts) -> str:
    """Subject and verb in the order of a statement.

    >>> statement(parts("Where does the new company build ships?"))
    'the new company builds ships'
    """
    aux, subject, rest = asked.aux.lower(), asked.subject, asked.rest
    if aux in BE and (not rest or _word(rest.split()[0]) in PREPOSITIONS - {"to", "about"}):
        return _joined(subject, rest, aux) if not rest else _joined(subject, aux, rest)
    verb, _, more = rest.partition(" ")
    if aux in DO and verb.isalpha() and (verb in VERBS or fold(verb) not in STOPWORDS | PREPOSITIONS):
        return _joined(subject, _inflected(verb, aux), more)
    return _joined(subject, aux, rest)


def _inflected(verb: str, aux: str) -> str:
    """
    >>> [_inflected(v, "did") for v in ("vote", "break", "carry", "plan", "make")]
    ['voted', 'broke', 'carried', 'planned', 'made']
    >>> [_inflected(v, "does") for v in ("vote", "reach", "carry", "have")]
    ['votes', 'reaches', 'carries', 'has']
    """
    ends_in_y = re.search(r"[^aeiou]y$", verb)
    if aux == "does" and verb == "have":
        return "has"
    if aux == "does":
        hisses = re.search(r"(?:s|x|z|ch|sh|o)$", verb)
        return f"{verb[:-1]}ies" if ends_in_y else f"{verb}es" if hisses else f"{verb}s"
    if aux == "do" or verb in PAST:
        return verb if aux == "do" else PAST[verb]
    stem = f"{verb[:-1]}i" if ends_in_y else verb + (verb[-1] if verb in DOUBLES else "")
    return stem + ("d" if verb.endswith("e") else "ed")


def _opened(rest: str) -> tuple[str, str, str]:
    """The auxiliary, the verb and the rest of a predicate, so that a subject can go between the first two;
    "" for an auxiliary that is not known.

    >>> _opened("spoke with Lee"), _opened("were damaged"), _opened("chairs it")
    (('did', 'speak', 'with Lee'), ('were', 'damaged', ''), ('does', 'chair', 'it'))
    """
    verb, _, more = rest.partition(" ")
    low = _word(verb)
    follows = _word(more.split()[0]) if more else ""
    if low in AUX - DO and not (low in HAVE and follows in DETERMINERS | {"to", "", "no"}):
        return low, *_split(more)
    if low in BASES:
        return "did", BASES[low], more
    for ending, aux in (("ed", "did"), ("s", "does")):
        for base in (
            low.removesuffix(ending),
            low.removesuffix(ending[-1]),
            re.sub(r"ie[ds]$", "y", low),
            low[:-3],
            low.removesuffix("es"),
        ):
            if low.endswith(ending) and base in VERBS:
                return aux, base, more
    return "", verb, more


def _split(text: str) -> tuple[str, str]:
    first, _, more = text.partition(" ")
    return first, more


def is_finite(word: str) -> bool:
    """Whether a word may be a verb, in its base, past or third form.

    >>> [is_finite(w) for w in ("spoke", "confirmed", "holds", "dike")]
    [True, True, True, False]
    """
    low = _word(word)
    return (
        low in VERBS
        or low in AUX
        or low in PARTICIPLES
        or (low.endswith("ed") and len(low) > 4)
        or (low.endswith("s") and (low[:-1] in VERBS or low[:-2] in VERBS or f"{low[:-3]}y" in VERBS))
    )


def _asking_subject(tokens: list[str], low: list[str], at: int) -> Parts | None:
    """ "Which two members voted against it": the verb is the first word that can be one."""
    start = at + 1 + (low[at] == "how" and len(low) > at + 1 and low[at + 1] in ("many", "much"))
    verb = next((i for i in range(start, len(low)) if _is_verb(low, i)), -1)
    if verb < 0:
        return None
    return Parts(" ".join(tokens[:verb]), "", "", " ".join(tokens[verb:]))


def _is_verb(low: list[str], i: int) -> bool:
    before = low[i - 1] if i else ""
    return i < len(low) and before not in DETERMINERS | PREPOSITIONS and is_finite(low[i])


def _is_inverted(tokens: list[str], low: list[str], at: int, verb: int) -> bool:
    """Whether a subject follows the auxiliary, so that the wh phrase is not the subject."""
    if low[verb] in DO or at or (low[at] in ADVERBIAL and low[at + 1] not in ("many", "much")):
        return True
    follows = low[verb + 1]
    if low[verb] in HAVE and follows in DETERMINERS | {"to"}:
        return False  # "How many people had the flu", "had to leave"
    return follows in DETERMINERS or tokens[verb + 1][:1].isupper() or follows in PRONOUNS


def _subject_end(tokens: list[str], low: list[str], start: int, aux: str) -> int:
    """The index after the subject, which begins at `start`."""
    pronoun = low[start] in PRONOUNS | {"this", "that"} and (
        low[start] not in DETERMINERS
        or start + 1 == len(low)
        or _is_verb(low, start + 1)
        or low[start] == "that"
    )
    if pronoun:
        return start + 1
    for i in range(start + 1, len(low)):
        before = low[i - 1]
        if before in DETERMINERS | PREPOSITIONS or tokens[i][:1].isupper() or ADJECTIVE.fullmatch(before):
            continue
        if aux in DO | MODAL and (low[i] in VERBS or low[i] in ("be", "have", "not")):
            return i
        if aux in BE | HAVE and (
            low[i] in ("to", "not", "about")
            or low[i] in PARTICIPLES | {"being", "been"}
            or re.search(r"\w{2}(?:ed|ing)$", low[i])
        ):
            return i
    if aux in BE:
        return len(low)
    if aux in DO:
        return min(len(low) - 1, start + 1 + (low[start] in DETERMINERS)) or len(low)
    return next((i for i in range(start + 1, len(low)) if low[i] in PREPOSITIONS - {"of"}), len(low))


def _word(token: str) -> str:
    return fold(token.strip(".,;:!?“”\"'’()"))


def _joined(*pieces: str) -> str:
    return " ".join(piece for piece in pieces if piece)
