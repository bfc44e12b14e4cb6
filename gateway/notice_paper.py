"""The notice of seizure as paper: A4, to be printed, filled in by hand and signed.

Names stand on the paper alone: for each there is a blank line.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.doctemplate import BaseDocTemplate

from ..config.codes import Language
from .finds import plain
from .notice import Notice, NoticeHandover, NoticeObject

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
BLANK = 12 * mm
"""A line to write on by hand."""
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=12.5)
SMALL = ParagraphStyle("small", BODY, fontSize=8, leading=10, textColor=colors.HexColor("#444444"))
HEAD = ParagraphStyle("head", BODY, fontName="Helvetica-Bold")
SECTION = ParagraphStyle("section", HEAD, fontSize=11, leading=14, spaceBefore=10, spaceAfter=4)
TITLE = ParagraphStyle("title", HEAD, fontSize=16, leading=20)
ALERT = ParagraphStyle("alert", HEAD, textColor=colors.HexColor("#a00000"), spaceBefore=4)
MARK = ParagraphStyle("mark", HEAD, fontSize=12, leading=16, textColor=colors.HexColor("#a00000"))
GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#888888")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
)
SHADED = TableStyle([("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eeeeee"))], parent=GRID)

_GAPS = {"giver": "giver", "time": "time", "seal": "another_seal", "broken": "broken_seal"}
_WORDS: dict[Language, dict[str, str]] = {
    "nl": {
        "title": "Kennisgeving van inbeslagneming",
        "not_live": "GEEN ECHTE INBESLAGNEMING",
        "test": "test", "exercise": "oefening",
        "find": "Vondst", "version": "versie", "site": "Inrichting",
        "seized": "Inbeslaggenomen op", "place": "Plaats", "method": "Wijze", "finder": "Functie",
        "ground": "Grond", "reason": "Korte reden", "person": "Onder wie",
        "one_person": "een kennisgeving per persoon; naam alleen hier, met de hand",
        "objects": "Voorwerpen", "number": "Uniek nummer", "what": "Omschrijving",
        "count": "Aantal", "weight": "Gewicht", "seal": "Zegel", "pcs": "stuks",
        "package": "pakket",
        "net": "netto", "gross_with_packaging": "bruto", "amount": "Bedrag in euro",
        "presumptive": "vermoedelijk: niet bevestigd door een laboratorium",
        "custody": "Overdrachten", "at": "Tijdstip", "line": "Regel", "all": "alle",
        "from": "Van", "to": "Aan", "state": "Staat", "broken": "zegel verbroken",
        "none": "er is geen overdracht vastgelegd", "gap": "GAT in de keten, overdracht",
        "giver": "de gever is niet wie het het laatst overnam",
        "time": "ligt voor de stap ervoor", "broken_seal": "het zegel was verbroken",
        "another_seal": "het zegel is een ander, zonder reden",
        "signed": "Ondertekening", "gives": "Overgedragen door", "takes": "Overgenomen door",
        "name": "Naam", "when": "Datum en tijd", "signature": "Handtekening",
        "made": "Gemaakt op", "page": "bladzijde", "police": "Nummer politie",
    },
    "en": {
        "title": "Notice of seizure",
        "not_live": "NO REAL SEIZURE",
        "test": "test", "exercise": "exercise",
        "find": "Find", "version": "version", "site": "Institution",
        "seized": "Seized at", "place": "Place", "method": "Method", "finder": "Role",
        "ground": "Ground", "reason": "Short reason", "person": "From whom",
        "one_person": "one notice for each person; the name only here, by hand",
        "objects": "Objects", "number": "Unique number", "what": "Description",
        "count": "Count", "weight": "Weight", "seal": "Seal", "pcs": "pieces",
        "net": "net", "gross_with_packaging": "gross", "amount": "Amount in euro",
        "presumptive": "presumptive: not confirmed by a laboratory",
        "custody": "Handovers", "at": "Moment", "line": "Line", "all": "all",
        "from": "From", "to": "To", "state": "Condition", "broken": "seal broken",
        "none": "no handover is recorded", "gap": "GAP in the chain, handover",
        "giver": "the giver is not who took it last",
        "time": "lies before the step before it", "broken_seal": "the seal was broken",
        "another_seal": "the seal is another, without a reason",
        "signed": "Signatures", "gives": "Handed over by", "takes": "Taken over by",
        "name": "Name", "when": "Date and time", "signature": "Signature",
        "made": "Made at", "page": "page", "police": "Number of the police",
    },
}  # fmt: skip


def draw_notice(notice: Notice, file: Path, language: Language) -> None:
    """Write a notice as PDF.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    words = _WORDS[language]

    def foot(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        told = f"{notice.find}, {words['version']} {notice.version}"
        canvas.drawString(MARGIN, 10 * mm, told)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"{words['page']} {document.page}")

    document = SimpleDocTemplate(
        str(file), pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN,
        bottomMargin=MARGIN, title=f"{words['title']} {notice.find}", author="", creator="Havik",
        lang=language, invariant=1,
    )  # fmt: skip
    story = [*_head(notice, words), *_objects(notice, words), *_custody(notice, words)]
    document.build([*story, _signatures(words)], onFirstPage=foot, onLaterPages=foot)


def _head(notice: Notice, words: dict[str, str]) -> list[Flowable]:
    place = notice.place if notice.place_ref is None else f"{notice.place} {notice.place_ref}"
    rows = [
        (words["find"], f"{notice.find}, {words['version']} {notice.version}"),
        (words["site"], notice.site),
        (words["seized"], notice.seized_at),
        (words["place"], place),
        (words["method"], notice.method),
        (words["finder"], notice.finder_role or ""),
        (words["ground"], notice.ground),
        (words["reason"], notice.reason),
        (words["person"], ""),
        (words["police"], ""),
        (words["made"], notice.made_at),
    ]
    cells = [[_text(name, HEAD), _text(value)] for name, value in rows]
    cells[8][1] = _text(words["one_person"], SMALL)
    blank = (words["person"], words["police"])
    heights = [BLANK if name in blank else None for name, _ in rows]
    mark: list[Flowable] = []
    if notice.mode != "live":
        mark = [_text(f"{words['not_live']}: {words[notice.mode]}", MARK)]
    table = Table(cells, colWidths=[38 * mm, WIDTH - 38 * mm], rowHeights=heights, style=GRID)
    return [_text(words["title"], TITLE), *mark, Spacer(0, 4 * mm), table]


def _objects(notice: Notice, words: dict[str, str]) -> list[Flowable]:
    names = ("number", "what", "count", "weight", "amount", "seal")
    rows = [[_text(words[name], HEAD) for name in names]]
    rows += [_object(one, words) for one in notice.objects]
    shares = (0.24, 0.29, 0.11, 0.13, 0.11, 0.12)
    widths = [share * WIDTH for share in shares]
    table = Table(rows, colWidths=widths, style=SHADED, repeatRows=1)
    return [_text(words["objects"], SECTION), table]


def _object(one: NoticeObject, words: dict[str, str]) -> list[Paragraph]:
    what = escape(one.description)
    if one.presumptive:
        what += f'<br/><font size="8">{escape(words["presumptive"])}</font>'
    weight = ""
    if one.weight_g is not None:
        weight = f"{plain(one.weight_g)} g {words[one.weight_basis or 'gross_with_packaging']}"
    amount = "" if one.amount_eur is None else f"{one.amount_eur:.2f}"
    return [
        _text(one.number, SMALL),
        Paragraph(what, BODY),
        _text(f"{plain(one.quantity)} {words.get(one.unit, one.unit)}"),
        _text(weight),
        _text(amount),
        _text(one.seal or ""),
    ]


def _custody(notice: Notice, words: dict[str, str]) -> list[Flowable]:
    told: list[Flowable] = [_text(words["custody"], SECTION)]
    if not notice.custody:
        return [*told, _text(words["none"])]
    names = ("at", "line", "from", "to", "seal", "state")
    rows = [[_text(words[name], HEAD) for name in names]]
    rows += [_handover(step, words) for step in notice.custody]
    widths = [share * WIDTH for share in (0.25, 0.08, 0.17, 0.17, 0.13, 0.20)]
    told.append(Table(rows, colWidths=widths, style=SHADED, repeatRows=1))
    told += [
        _text(f"{words['gap']} {one.handover}, {one.number}: {words[_GAPS[one.kind]]}", ALERT)
        for one in notice.gaps
    ]
    return told


def _handover(step: NoticeHandover, words: dict[str, str]) -> list[Paragraph]:
    state = [step.condition, None if step.seal_intact else words["broken"], step.reason]
    return [
        _text(step.handed_at, SMALL),
        _text(words["all"] if step.item is None else str(step.item)),
        _text(step.giver),
        _text(step.receiver),
        _text(step.seal or ""),
        _text("; ".join(filter(None, state))),
    ]


def _signatures(words: dict[str, str]) -> Flowable:
    rows: list[list[Paragraph | str]] = [
        [_text("", HEAD), _text(words["gives"], HEAD), _text(words["takes"], HEAD)]
    ]
    rows.extend([_text(words[name], HEAD), "", ""] for name in ("name", "when", "signature"))
    half = (WIDTH - 34 * mm) / 2
    heights = (7 * mm, 10 * mm, 10 * mm, 20 * mm)
    table = Table(rows, colWidths=[34 * mm, half, half], rowHeights=heights, style=GRID)
    return KeepTogether([_text(words["signed"], SECTION), table])


def _text(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    return Paragraph(escape(text), style)
