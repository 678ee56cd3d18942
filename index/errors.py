"""The errors of the whole project, in one tree.

    FootnoteError                 exit code
    ├── UsageError                2   the call can't be carried out as it was written
    │   └── WouldDrop             2   it would remove so many articles that it asks first
    ├── ReadError                 1   one file can't become an article; the others still can
    │   └── NoArticles            1   it holds something else, so a folder's is left out without a word
    ├── LibraryError              3
    │   ├── LibraryMissing        3   nothing has been added there yet
    │   ├── LibraryBroken         3   a file of the generation is damaged or absent
    │   ├── LibraryLocked         3   another process is building
    │   └── EncoderMismatch       3   the library was built with another encoder
    ├── EncoderError              3   the sentence encoder can't be loaded
    └── ModelError                3   the language model can't be found, loaded or run
        ├── DownloadError         3   a model could not be fetched whole
        └── Cancelled             1   the reader pressed stop

Each message is one line that says what happened and what to do next; the doors (command line,
chat) print it and nothing else. A message never holds a traceback.
"""


class FootnoteError(Exception):
    """Anything Footnote reports to its user; `exit_code` is what the command line returns."""

    exit_code = 3


class UsageError(FootnoteError):
    """The request itself is wrong: an empty question, a path that does not exist."""

    exit_code = 2


class WouldDrop(UsageError):
    """A rebuild would remove a large part of the library, which was not confirmed."""


class ReadError(FootnoteError):
    """A file was refused. The message starts with the file's name."""

    exit_code = 1


class NoArticles(ReadError):
    """A sound file that holds something else than articles, such as a table without any text."""


class LibraryError(FootnoteError):
    """The library on disk can't be used as it is."""


class LibraryMissing(LibraryError):
    """There is no library in the folder, or it holds no article."""


class LibraryBroken(LibraryError):
    """A generation is damaged: a checksum differs or a file is gone."""


class LibraryLocked(LibraryError):
    """Another process is building a generation of the same library."""


class EncoderMismatch(LibraryError):
    """Rows of two encoders can't be compared, so the library refuses the other one."""


class EncoderError(FootnoteError):
    """The sentence encoder could not be loaded."""


class ModelError(FootnoteError):
    """The language model is missing, damaged or failed while it was running."""


class DownloadError(ModelError):
    """A model could not be downloaded whole; what arrived is kept for the next try."""


class Cancelled(ModelError):
    """Generation was stopped on request; nothing is wrong."""

    exit_code = 1
