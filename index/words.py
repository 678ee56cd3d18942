"""Text → the words that carry its meaning: lower case, without accents, stopwords or endings.

The same stems as SQLite's `porter unicode61 remove_diacritics 2` tokenizer for English, so that a
document frequency asked of the keyword index belongs to the very word. Knows nothing of ranking.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

WORD = re.compile(r"\w+")

# English function words: they occur in every article, so they neither find nor prove anything.
_FUNCTION_WORDS = """
a about above after again against all also am an and any are aren as at be because been before
being below between both but by can could d did do does doing don down during each either else ever
few for from further get got had has have having he her here hers herself him himself his how i if in
into is isn it its itself just let ll m many may me might more most much must my myself no nor not now of
off on once one only or other our ours ourselves out over own per rather re s same shall she should
so some such t than that the their theirs them themselves then there these they this those through
to too under until up upon us ve very was we were what when where whether which while who whom whose
why will with within without would you your yours yourself tell say says said according
"""
STOPWORDS = frozenset(_FUNCTION_WORDS.split())


class _Stemmer(threading.local):
    """One for each thread: a stemmer keeps the word that it is at."""

    def __init__(self) -> None:
        self.of = snowballstemmer.stemmer("porter").stemWord


_stemmer = _Stemmer()
# Porter's own program, which SQLite follows, later cut -logi to -log and -bli to -ble after a syllable
# (https://tartarus.org/martin/PorterStemmer, "points of difference"); snowballstemmer follows the paper.
_SYLLABLE = re.compile(r"(?:[aeiou]|(?<=[^aeiou])y)[aeiou]*[^aeiou]")


def fold(text: str) -> str:
    """Lower case without accents.

    >>> fold("Évian")
    'evian'
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Porter stem of one folded word (Porter, 1980, doi:10.1108/eb046814), with his later changes.

    >>> stem("sanctions"), stem("deployed"), stem("technology"), stem("possibly")
    ('sanction', 'deploi', 'technolog', 'possibl')
    """
    if not 3 <= len(word.encode()) <= 64:
        return word  # as SQLite does, which counts bytes
    found = str(_stemmer.of(word))
    if found.endswith("logi") and _SYLLABLE.search(found, 0, len(found) - 4):
        return found[:-1]
    if found.endswith("bli") and _SYLLABLE.search(found, 0, len(found) - 3):
        return str(_stemmer.of(found[:-1] + "e"))
    return found


def words(text: str) -> list[str]:
    """All words, folded, in order.

    >>> words("NATO’s 50 groups")
    ['nato', 's', '50', 'groups']
    """
    return WORD.findall(fold(text))


def terms(text: str) -> list[str]:
    """The stems of the content words, in order, repeats kept.

    >>> terms("How many groups are deployed on the border?")
    ['group', 'deploi', 'border']
    """
    return [stem(w) for w in words(text) if w not in STOPWORDS]
