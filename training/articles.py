"""Public reading questions → articles of many paragraphs, what is asked of them, and what answers.

A file has one paragraph a line: `title`, `context` and `qas`, each with `question`, `answers` and `start`.
Two thirds of each page's paragraphs become an article; the questions on the others are unanswerable, though
the article is about their very subject.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.data import stands_in


@dataclass(frozen=True)
class Question:
    """One training question and where its answer stands."""

    text: str
    answers: tuple[str, ...]
    page: str
    file: str  # of its article, "" where its paragraph is in none
    start: int | None  # of the answer in the article, when the set tells

    def answered_by(self, text: str, file: str, start: int, end: int) -> bool | None:
        """Whether words of an article, from `start` to `end`, answer; None when that can't be told: the words
        of the answer occur elsewhere, too.

        >>> question = Question("When did it rain?", ("May",), "Rain", "1.txt", 3)
        >>> question.answered_by("In May it rained.", "1.txt", 0, 17)
        True
        >>> print(question.answered_by("It was May.", "2.txt", 0, 11))
        None
        """
        if not stands_in(text, self.answers):
            return False
        if file != self.file:
            return None
        if self.start is None:
            return True
        # An answer may begin with the white space before its sentence.
        return any(start <= self.start + slack < end for slack in (0, 1)) or None


def read(files: list[Path], rng: random.Random) -> tuple[dict[str, str], list[Question]]:
    """Articles by file name, each made of two thirds of the paragraphs of one page, and all questions;
    those on the other paragraphs have the file ""."""
    pages: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            pages.setdefault(data["title"], []).append(data)
    articles: dict[str, str] = {}
    questions: list[Question] = []
    for number, paragraphs in enumerate(pages.values()):
        name, text, page = f"{number:05d}.txt", "", paragraphs[0]["title"]
        for paragraph in paragraphs:
            kept = rng.random() < 2 / 3
            base = len(text)
            if kept:
                text += paragraph["context"].strip() + "\n\n"
            for q in paragraph["qas"]:
                if q.get("kind") == "implicit":
                    continue
                lead = len(paragraph["context"]) - len(paragraph["context"].lstrip())
                start = base + q["start"] - lead if "start" in q else None
                questions.append(
                    Question(q["question"], tuple(q["answers"]), page, name if kept else "", start)
                )
        if text:
            articles[name] = text
    return articles, questions
