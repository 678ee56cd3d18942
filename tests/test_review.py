"""The HTML report of a run: everything on it, nothing of it alive, readable in a browser."""

import dataclasses
import datetime as dt
import json
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.measuring.compare import compare
from assistant.measuring.evaluate import OUTCOMES, Asked, Question, Result
from assistant.measuring.review import mark, review
from assistant.values import Answer, Citation, Claim, Dropped, Evidence, PassageRef, Source, Timings
from index.library import Library

ATTACK = (
    "</style></article><script>window.hacked=1</script><img src=http://evil.example/a.png onerror=alert(1)> "
    "&lt; \"'> 48,200 [7] ![x](http://evil.example/b.png)"
)
SOURCE = Source("id1", "ferry.txt", "Ferry & Co", dt.date(2022, 5, 6))
QUOTE = "It carried <48,200> passengers."
ANSWER = Answer(
    question="How many?",
    standalone_question="How many? (Who left?)",
    status="answered",
    text=f"{QUOTE} [1] There were 48,200 of them [1].",
    claims=(Claim(QUOTE, (1,), "quoted"), Claim("There were 48,200 of them.", (1, 2), "verified")),
    citations=(
        Citation(1, SOURCE, QUOTE, 10, 41, QUOTE, 10),
        Citation(2, SOURCE, "Of 48,200, nine left.", 50, 71, "", 0),
    ),
    passages=(PassageRef(SOURCE, 0, 900, 0.7123), PassageRef(SOURCE, 800, 1700, 0.6)),
    evidence=(
        Evidence(1, SOURCE, "It rained.", 0, 10, "It rained.", 0.9, "", 0),
        Evidence(2, SOURCE, QUOTE, 10, 41, QUOTE, 0.25, "", 0),
    ),
    timings=Timings(evidence_s=0.05, first_token_s=0.5, total_s=1.25, output_tokens=9),
    dropped=(Dropped("It was <9>.", "the number 9 is in no quote"),),
    strength=0.875,
)
QUESTION = Question("q1", "How many?", ("48,200", "over 48,000"), True, conversation="c1", turn=1)


def asked(id: str, outcome: str) -> Asked:
    """The answer above, as if it had come out that way."""
    status = {"failed": "failed", "declined rightly": "not_found", "declined wrongly": "not_found"}
    answerable = outcome not in ("answered though unanswerable", "declined rightly")
    result = Result(
        **{"id": id, "question": f"{id}?", "answerable": answerable, "right": outcome == "right"},
        **{"status": status.get(outcome, "answered"), "in_passages": 2, "in_evidence": 0, "words": 61},
        **{"strength": 0.875, "evidence_s": 0.05, "first_token_s": 0.5, "total_s": 1.25},
    )
    assert result.outcome == outcome
    question = dataclasses.replace(QUESTION, id=id, question=f"{id}?", answerable=answerable)
    return question, ANSWER, result


def text_of(html: str) -> str:
    """What a reader sees, tags as spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


class Tags(HTMLParser):
    """Counts open tags and refuses what is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser.seen


def article(page: str) -> str:
    found = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


# --- one question ---------------------------------------------------------------------------------


def test_a_question_is_shown_with_all_that_explains_its_answer():
    shown = text_of(article(review("set", [asked("q1", "wrong")])))
    for part in (
        "Wrong · q1 · turn 2 of c1 q1?",
        "Understood as: How many? (Who left?)",
        "Accepted: 48,200 / over 48,000",
        "Answer It carried < 48,200 > passengers. 1 There were 48,200 of them. 1 2",
        "Footnotes Ferry & Co, 6 May 2022 Ferry & Co, 6 May 2022 Of 48,200 , nine left.",
        "0.900 · Ferry & Co, 6 May 2022 It rained. 0.250 · Ferry & Co, 6 May 2022 It carried < 48,200 >",
        "First passage that holds it: 2 of 2. First evidence: none of 2.",
        "61 words, more than 60 count as wrong. Strength 0.875.",
        "Evidence 0.05 s, first word 0.50 s, all 1.25 s.",
        "Left out: 1 sentence that did not pass the check It was <9>. the number 9 is in no quote",
        "Passages read: 2 0.712 Ferry & Co, 6 May 2022, 0–900 0.600 Ferry & Co, 6 May 2022, 800–1700",
    ):
        assert part in shown


def test_what_stands_before_the_claims_is_shown():
    question, _, result = asked("q1", "right")
    claims = (dataclasses.replace(ANSWER.claims[0], heading="On <6> May"), ANSWER.claims[1])
    answer = dataclasses.replace(ANSWER, lead="Yes, 48,200.", claims=claims)
    shown = article(review("set", [(question, answer, result)]))
    assert (
        '<p dir="auto">Yes, <mark>48,200</mark>.</p><h4 dir="auto">On &lt;6&gt; May</h4><blockquote' in shown
    )


def test_the_gold_is_marked_in_answer_and_quotes():
    found = re.findall(r"<mark>(.*?)</mark>", article(review("set", [asked("q1", "right")])))
    assert found == ["48,200"] * 4  # two claims, a footnote that no claim shows, an evidence
    assert mark("a <b> c", []) == "a &lt;b&gt; c"
    assert mark("Lee, Lee", ["lee"]) == "<mark>Lee</mark>, <mark>Lee</mark>"


def test_of_an_unanswerable_question_nothing_is_marked():
    shown = article(review("set", [asked("q1", "answered though unanswerable")]))
    assert "<mark>" not in shown
    assert "The articles do not answer this." in shown and "Accepted" not in shown


def test_a_long_answer_is_shown_with_its_evidence_and_overlap():
    question, answer, result = asked("q1", "wrong")
    long = dataclasses.replace(question, answers=("Many.",), evidence=(QUOTE, "Nine left."))
    result = dataclasses.replace(result, overlap_recall=0.5, overlap_precision=None, overlap_f1=0.25)
    shown = article(review("set", [(long, answer, result)]))
    assert "Accepted: Many. Evidence: It carried <48,200> passengers. Evidence: Nine left." in text_of(shown)
    assert "Overlap with the gold: recall 0.500, precision -, F1 0.250." in shown
    assert re.findall(r"<mark>(.*?)</mark>", shown)[0] == "It carried &lt;48,200&gt; passengers"


@pytest.mark.parametrize(
    ("status", "text"), [("not_found", "The articles do not say."), ("failed", "It broke.")]
)
def test_an_answer_without_claims_is_its_message(status: str, text: str):
    question, _, result = asked("q1", "declined wrongly" if status == "not_found" else "failed")
    answer = Answer("How many?", "How many?", status, text)  # type: ignore[arg-type]
    shown = article(review("set", [(question, answer, dataclasses.replace(result, words=None))]))
    assert f"Answer {text} Evidence None: too weak to answer from." in text_of(shown)
    assert "Understood as" not in shown and "Left out" not in shown and "Passages read" not in shown
    assert "61 words" not in shown


def test_everything_that_is_not_ours_is_escaped():
    source = Source(ATTACK, ATTACK, ATTACK, None, ATTACK, "javascript:alert(1)")
    answer = Answer(
        question=ATTACK,
        standalone_question=f"{ATTACK}!",
        status="answered",
        text=ATTACK,
        claims=(Claim(ATTACK, (1,), "verified", heading=ATTACK), Claim(f"{ATTACK}.", (1,), "quoted")),
        lead=ATTACK,
        citations=(Citation(1, source, ATTACK, 0, 9, ATTACK, 0),),
        passages=(PassageRef(source, 0, 9, 0.5),),
        evidence=(Evidence(1, source, ATTACK, 0, 9, ATTACK, 0.5, ATTACK, 0),),
        dropped=(Dropped(ATTACK, ATTACK),),
    )
    question = Question(ATTACK, ATTACK, (ATTACK, "48,200"), True, ATTACK, 1, (ATTACK,))
    result = Result(ATTACK, True, "answered", ATTACK, 1, right=False)
    before = dataclasses.replace(result, right=True)
    page = review(ATTACK, [(question, answer, result)], compare([before], [result]))
    names = {tag for tag, _ in tags(page)}
    assert not names & {"script", "img", "link", "iframe", "object", "form"}
    assert all(not name.startswith("on") for _, attributes in tags(page) for name in attributes)
    assert {a["href"][:2] for tag, a in tags(page) if tag == "a" and a["href"]} == {"#a", "#q"}
    assert text_of(page).count("<script>window.hacked=1</script>") >= 12
    assert page.count("<style>") == page.count("</style>") == 1


# --- the whole page -------------------------------------------------------------------------------


def test_failures_come_first_then_the_order_of_the_file():
    outcomes = ["right", "declined rightly", "wrong", "failed", "right", "declined wrongly", "wrong"]
    outcomes += ["answered though unanswerable"]
    page = review("set", [asked(f"q{n}", outcome) for n, outcome in enumerate(outcomes)])
    shown = re.findall(r"<h2 id=\"q\d-question\" dir=\"auto\">(q\d)\?</h2>", page)
    assert shown == ["q3", "q2", "q6", "q7", "q5", "q0", "q4", "q1"]
    assert re.findall(r"<article class=\"([\w -]+)\"", page)[:2] == ["failed", "wrong"]
    assert text_of(page).count("answered though unanswerable (1)") == 1


def test_there_is_a_box_for_each_outcome_that_there_is():
    page = review("set", [asked("a", "wrong"), asked("b", "right"), asked("c", "wrong")])
    boxes = re.findall(r'<input type="checkbox" id="([\w-]+)" checked>([^<]+)</label>', page)
    assert boxes == [("show-wrong", "wrong (2)"), ("show-right", "right (1)")]
    for outcome in OUTCOMES:
        slug = outcome.replace(" ", "-")
        assert f"body:has(#show-{slug}:not(:checked)) article.{slug} {{ display: none; }}" in page


def test_measures_stand_on_top_and_empty_groups_are_left_out():
    page = review("set", [asked("a", "wrong"), asked("b", "right")])
    assert page.index("accuracy") < page.index("<main")
    assert "<caption>Long answers</caption>" not in page
    assert '<th scope="row">accuracy</th><td>0.500</td><td></td>' in page


def test_a_comparison_marks_what_changed_and_links_to_it():
    now = [asked("a", "wrong"), asked("b", "right"), asked("c", "right")]
    before = [asked("a", "right"), asked("b", "declined wrongly"), asked("c", "right")]
    page = review("set", now, compare([r for *_, r in before], [r for *_, r in now]))
    assert re.findall(r"<article class=\"([\w -]+)\" id=\"(q\d)\"", page) == [
        ("wrong changed", "q1"),
        ("right good changed", "q2"),
        ("right good", "q3"),
    ]
    assert '<h3>Won</h3><ul><li><a href="#q2">b: declined wrongly → right. b?</a></li></ul>' in page
    assert '<h3>Lost</h3><ul><li><a href="#q1">a: right → wrong. a?</a></li></ul>' in page
    assert "Right</span> (earlier: declined wrongly) · b" in page
    assert "only what changed (2)" in page
    assert "answerable: 1 won, 1 lost: could be chance (p = 1, sign test)" in page


def test_the_page_is_well_formed_and_its_links_lead_somewhere():
    page = review("set", [asked(outcome, outcome) for outcome in OUTCOMES])
    found = tags(page)
    ids = [a["id"] for _, a in found if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"] for tag, a in found if tag == "a"} <= {f"#{id}" for id in ids}
    assert {a["aria-labelledby"] for tag, a in found if tag == "article"} <= set(ids)


def test_a_run_without_answers_has_a_page():
    assert "set: 0 answers" in review("set", [])


# --- in the browser -------------------------------------------------------------------------------

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")
def test_the_page_in_chromium_filters_and_loads_nothing(tmp_path: Path):
    """The style passes the page's own content policy; the keyboard works the filter; it fits a phone."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    answers = [asked("a", "wrong"), asked("b", "right"), asked("c", "declined rightly")]
    attack = dataclasses.replace(ANSWER, claims=(Claim(ATTACK, (1,), "verified"),))
    answers.append((dataclasses.replace(QUESTION, id="d", question=ATTACK), attack, answers[0][2]))
    file = tmp_path / "page.html"
    file.write_text(review("set", answers), encoding="utf-8")
    requests: list[str] = []
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(viewport={"width": 360, "height": 700})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        assert page.locator("article:visible").count() == 4
        page.locator("#show-wrong").focus()
        page.keyboard.press("Space")
        assert page.locator("article:visible").count() == 2
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert page.locator("article:visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.evaluate("window.hacked") is None
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
        browser.close()
    assert (requests, complaints) == ([file.as_uri()], [])


# --- the whole program ----------------------------------------------------------------------------


def test_evaluate_writes_the_page(seed_library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    questions, page = tmp_path / "mine.jsonl", tmp_path / "page.html"
    asked = {"id": 1, "question": "Who won the World Cup in Argentina?", "answers": [], "answerable": False}
    questions.write_text(json.dumps(asked), encoding="utf-8")
    fixed = ["evaluate", str(questions), "--no-model", "--library", str(seed_library.folder)]
    assert main([*fixed, "--html", str(page)]) == 0
    assert "accuracy" in capsys.readouterr().out
    html = page.read_text("utf-8")
    assert "mine.jsonl: 1 answer</title>" in html
    assert "Declined rightly · 1 Who won the World Cup in Argentina?" in text_of(article(html))
