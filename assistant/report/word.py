"""A report → a Word file (DOCX) with real footnotes: Word and LibreOffice number them, and go on doing so
while the report is written further.

python-docx makes the package and knows no footnotes, so their part is written here as XML (ISO/IEC 29500-1,
17.11). A note that is cited once more is a cross-reference to the first mark (NOTEREF). Texts are escaped;
the looks are those of styles.xml, all as styles that can be changed in Word. The page is A4.
"""

import datetime as dt
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from assistant.report.characters import in_marks, right_to_left
from assistant.report.document import Block, Document, Footnote, Mark
from assistant.report.runs import Run

STYLES = Path(__file__).with_name("styles.xml")
OF_BLOCK = {
    "heading": "Heading1",
    "subheading": "Heading2",
    "lead": "Lead",
    "claim": "Normal",
    "quote": "Quote",
    "remark": "Lead",
}
MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = f'xmlns:w="{MAIN}" xmlns:r="{RELATED}"'
LINK = f"{RELATED}/hyperlink"

PAGE = (11906, 16838)  # A4 in twentieths of a point
MARGIN = 1560  # of all sides: 27.5 mm, which leaves a line of about 85 characters

# The line above the notes, and the one above a note that goes on from the page before: every file has both.
SEPARATORS = "".join(
    f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:pPr><w:spacing w:after="0" w:line="240"'
    f' w:lineRule="auto"/></w:pPr><w:r><w:{kind}/></w:r></w:p></w:footnote>'
    for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
)
NUMBER = '<w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'


def to_docx(document: Document) -> bytes:
    """The whole report."""
    import docx
    from docx.oxml import parse_xml

    word = docx.Document()
    _dress(word, document)
    notes = _footnotes_part(word, document)
    blocks = [_paragraph("Title", run_xml(Run(document.title), word.part), document.title)]
    blocks += [_paragraph("Subtitle", run_xml(Run(document.about), word.part), document.about)]
    again = {
        part.n for block in document.blocks for part in block.runs if isinstance(part, Mark) and part.again
    }
    blocks += [_block(block, again, word.part) for block in document.blocks]
    if document.bibliography:
        heading = document.bibliography_heading
        blocks += [_paragraph("Heading1", run_xml(Run(heading), word.part), heading)]
        blocks += [_paragraph("Bibliography", _runs(runs, word.part)) for runs in document.bibliography]
    end = word.element.body.sectPr
    for block in blocks:
        end.addprevious(parse_xml(block))
    for note in document.footnotes:
        notes.element.append(parse_xml(_footnote(note, notes)))
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


# --- the file ------------------------------------------------------------------------------------


def _dress(word: Any, document: Document) -> None:
    """The looks, the size of the page, its number at its foot, and what the file says of itself."""
    from docx.oxml import parse_xml

    mine = parse_xml(STYLES.read_bytes())
    theirs = word.styles.element
    theirs.replace(theirs.find(f"{{{MAIN}}}docDefaults"), mine[0])
    for style in list(mine):
        name = style.get(f"{{{MAIN}}}styleId")
        for old in theirs.xpath(f'w:style[@w:styleId="{name}" or w:link/@w:val="{name}"]'):
            theirs.remove(old)
        theirs.append(style)
    section = word.sections[0]
    section.page_width, section.page_height = (length * 635 for length in PAGE)  # in units of 1/635 twentieth
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN * 635
    footer = section.footer.paragraphs[0]
    footer.alignment = 1  # in the middle
    number = '<w:r><w:rPr><w:sz w:val="19"/></w:rPr><w:t>1</w:t></w:r>'
    footer._p.append(parse_xml(f'<w:fldSimple {NAMESPACES} w:instr=" PAGE ">{number}</w:fldSimple>'))
    settings = word.settings.element
    (compat,) = settings.xpath("w:compat")
    separators = '<w:footnote w:id="-1"/><w:footnote w:id="0"/>'
    compat.addprevious(parse_xml(f"<w:footnotePr {NAMESPACES}>{separators}</w:footnotePr>"))
    for mode in settings.xpath('w:compat/w:compatSetting[@w:name="compatibilityMode"]'):
        mode.set(f"{{{MAIN}}}val", "15")  # else Word opens it as a file of Word 2010
    about = word.core_properties
    about.title, about.author, about.comments, about.language = document.title[:255], "", "", "en-GB"
    about.created = about.modified = document.made.astimezone(dt.UTC)
    about.last_modified_by, about.revision = "", 1


def _footnotes_part(word: Any, document: Document) -> Any:
    """The part of the file that holds the footnotes, yet empty, in its place."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import XmlPart
    from docx.oxml import parse_xml

    root = parse_xml(f"<w:footnotes {NAMESPACES}>{SEPARATORS}</w:footnotes>")
    name = PackURI("/word/footnotes.xml")
    part = XmlPart(name, CONTENT_TYPE.WML_FOOTNOTES, root, word.part.package)
    word.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    return part


# --- paragraphs ----------------------------------------------------------------------------------


def _block(block: Block, again: set[int], part: Any) -> str:
    texts: list[str] = []
    marked = False  # whether the number of another note stands right before
    for piece in block.runs:
        if isinstance(piece, Run):
            texts.append(run_xml(piece, part))
        else:
            texts += [f"<w:r>{NUMBER}<w:t>,</w:t></w:r>"] if marked else []
            texts.append(_mark(piece, piece.n in again))
        marked = isinstance(piece, Mark)
    return _paragraph(OF_BLOCK[block.kind], "".join(texts), block.text)


def _paragraph(style: str, inside: str, text: str = "") -> str:
    """`text` is what tells its direction."""
    turned = "<w:bidi/>" if right_to_left(text) else ""
    return f'<w:p {NAMESPACES}><w:pPr><w:pStyle w:val="{style}"/>{turned}</w:pPr>{inside}</w:p>'


def _mark(mark: Mark, cited_again: bool) -> str:
    """A footnote's number: the footnote itself, with a bookmark where it is cited again; after that, a
    reference to it."""
    name = f"_Ref{mark.n:08}"  # hidden, as those that Word makes
    if mark.again:
        fields = (
            '<w:fldChar w:fldCharType="begin"/>',
            f'<w:instrText xml:space="preserve"> NOTEREF {name} \\f \\h </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            f"<w:t>{mark.n}</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
        return "".join(f"<w:r>{NUMBER}{field}</w:r>" for field in fields)
    made = f'<w:r>{NUMBER}<w:footnoteReference w:id="{mark.n}"/></w:r>'
    if not cited_again:
        return made
    return f'<w:bookmarkStart w:id="{mark.n}" w:name="{name}"/>{made}<w:bookmarkEnd w:id="{mark.n}"/>'


def _footnote(note: Footnote, part: Any) -> str:
    quote = (Run(" "), Run(in_marks(note.quote)))
    rest = (Run(f" {note.rest}"),) if note.rest else ()
    said = _runs((Run(" "), *note.reference, *quote, *rest), part)
    return (
        f'<w:footnote {NAMESPACES} w:id="{note.n}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>'
        f"<w:r>{NUMBER}<w:footnoteRef/></w:r>{said}</w:p></w:footnote>"
    )


def _runs(runs: Iterable[Run], part: Any) -> str:
    return "".join(run_xml(run, part) for run in runs)


def run_xml(run: Run, part: Any) -> str:
    """A run as WordprocessingML; a link's address is kept with `part`.

    >>> print(run_xml(Run("A&B ", italic=True), None))
    <w:r><w:rPr><w:i/><w:iCs/></w:rPr><w:t xml:space="preserve">A&amp;B </w:t></w:r>
    """
    looks = (
        ('<w:rStyle w:val="Hyperlink"/>', bool(run.link)),
        ("<w:b/><w:bCs/>", run.bold),
        ("<w:i/><w:iCs/>", run.italic),
        ("<w:smallCaps/>", run.small_caps),
        ('<w:vertAlign w:val="superscript"/>', run.superscript),
        ("<w:rtl/>", right_to_left(run.text)),
    )
    look = "".join(element for element, wanted in looks if wanted)
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    said = f'<w:r>{properties}<w:t xml:space="preserve">{escape(run.text)}</w:t></w:r>'
    if not run.link:
        return said
    number = part.relate_to(run.link, LINK, is_external=True)
    return f"<w:hyperlink r:id={quoteattr(number)}>{said}</w:hyperlink>"
