"""A candidate's own name in free text: assessors mark without knowing whose work it is."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from certification.cases import Part
from certification.completeness import Gap
from certification.models import ProcedureCase, SessionLog
from certification.values import VisitKind
from training_site.common.days import in_words

PART_LETTERS = 3
"""A single part of a name counts from so many letters on; shorter ones stand in too many words."""

# fmt: off
PARTICLES = frozenset({
    "al", "am", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du",
    "el", "ibn", "la", "las", "le", "los", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur",
})
# fmt: on
"""Small words inside names. Alone they tell nothing."""

_UNWRITTEN = frozenset({"Mn", "Me", "Cf"})
# Accents written as a stroke or a joined letter: Unicode does not take them apart.
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ı": "i", "ʼ": "'", "ʻ": "'"}
)
# Scripts that set no space between words, and Hangul, where a particle follows the name at once.
_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")

_HEALED_VISITS = (VisitKind.HEALED_REVIEW, VisitKind.TOUCH_UP)


def found(text: str, person: Any) -> str | None:
    """The words of ``text`` that name ``person``, as they stand there; None when there are none.

    The whole legal or display name counts in any case, with or without accents, however its parts are spaced
    or hyphened; so does the e-mail address. A single part counts as a whole word written as in the name or in
    capitals: ``mark the hairline`` is fine for Mark Lee, ``Mark``, ``MARK`` and ``Lee`` are not.
    """
    folded, written = _plain(text, fold=True), _plain(text, fold=False)
    for name in filter(None, (person.legal_name, person.display_name)):
        for pattern in _whole(name):
            if hit := folded.search(pattern):
                return hit
    if hit := folded.search(re.escape(_plain(person.email, fold=True).letters)):
        return hit
    for name in filter(None, (person.legal_name, person.display_name)):
        for pattern in _single(name):
            if hit := written.search(pattern):
                return hit
    return None


def in_case(case: ProcedureCase, visits: Sequence[SessionLog], *, part: Part = Part.PROCEDURE) -> list[Gap]:
    """One sentence for each text of a case in which its owner is named.

    ``visits`` come with their observations. At the healed stage only what can still be changed is read.
    """
    return [
        Gap(
            url_name,
            f"Your name (“{word}”) stands in {where}, and assessors must not know whose work this is. {remedy}",
        )
        for url_name, where, text, remedy in _texts(case, visits, part)
        if (word := found(text, case.practitioner))
    ]


def _texts(case: ProcedureCase, visits: Sequence[SessionLog], part: Part) -> Iterator[tuple[str, str, str, str]]:
    """Where it is written, what the place is called, the text, and how to mend it."""
    remedy = "Write “I”, or leave it out."
    if part is Part.PROCEDURE:
        yield "case_client", "the client code", case.client_code, "Choose another code."
        yield "case_client", "the client's history", case.history_summary, remedy
        for question in case.scheme_version.screen.questions:
            note = case.answers.get(question.key, {}).get("note", "")
            yield "case_screen", f"the note to “{question.text}”", note, remedy
        yield "case_plan", "the plan", case.plan, remedy
    for visit in visits:
        if part is Part.PROCEDURE or visit.kind in _HEALED_VISITS:
            yield from _of_visit(visit, remedy)
    if part is Part.PROCEDURE:
        yield "case_aftercare", "the name of the aftercare sheet", case.aftercare_sheet, remedy
        yield "case_aftercare", "the contacts after the visits", case.contact_log, remedy
        yield "case_aftercare", "the reflection", case.reflection, remedy
    yield "case_healed", "the note on what held", case.retention_note, remedy


def _of_visit(visit: SessionLog, remedy: str) -> Iterator[tuple[str, str, str, str]]:
    when = f"the {visit.get_kind_display().lower()} of {in_words(visit.visited_on)}"
    written: Iterable[tuple[str, str]] = (
        ("the place", visit.place),
        ("the cartridge", visit.needle_other),
        ("the cartridge batch", visit.needle_lot),
        ("the machine", visit.machine),
        ("the machine's speed", visit.speed),
        ("the pigment", visit.pigment),
        ("the pigment batch", visit.pigment_lot),
        ("the dilution", visit.dilution),
        ("the numbing product", visit.numbing),
        ("the zones", visit.zones),
        ("what was done", visit.technique),
        ("the skin reaction", visit.skin_reaction),
        ("what went wrong", visit.incident_text),
    )
    for what, text in written:
        named = "Write “my studio”." if what == "the place" else remedy
        yield "case_visits", f"{what} at {when}", text, named
    observation = getattr(visit, "observation", None)
    if observation is not None:
        text = "\n".join([observation.statement, *observation.items])
        yield (
            "case_observation",
            f"the signed observation of {when}",
            text,
            "A signed observation cannot be changed: write to the office, which finds a way.",
        )


class _Plain:
    """A text without accents and unseen characters that knows where each letter of it came from."""

    def __init__(self, text: str, letters: str, origins: list[int]) -> None:
        self.text, self.letters, self.origins = text, letters, origins

    def search(self, pattern: str) -> str | None:
        hit = re.search(pattern, self.letters)
        if hit is None or hit.start() == hit.end():
            return None
        # Vowel signs and accents that follow the last letter belong to it.
        end = self.origins[hit.end()] if hit.end() < len(self.origins) else len(self.text)
        return self.text[self.origins[hit.start()] : end]


def _plain(text: str, *, fold: bool) -> _Plain:
    text = unicodedata.normalize("NFC", text)
    letters, origins = "", []
    for place, character in enumerate(text):
        bare = "".join(
            each
            for each in unicodedata.normalize("NFKD", character.translate(_LETTERS))
            if unicodedata.category(each) not in _UNWRITTEN
        )
        bare = unicodedata.normalize("NFC", bare.casefold() if fold else bare)
        letters += bare
        origins += [place] * len(bare)
    return _Plain(text, letters, origins)


def _tokens(name: str, *, fold: bool) -> list[str]:
    return re.findall(r"[^\W_]+", _plain(name, fold=fold).letters)


def _whole(name: str) -> Iterator[str]:
    """Patterns of a name of several parts: all of it, and its first with its last part."""
    tokens = _tokens(name, fold=True)
    if len(tokens) > 1:
        yield _bounded(r"[\W_]*".join(map(re.escape, tokens)), tokens[0], tokens[-1])
    if len(tokens) > 2:
        yield _bounded(r"[\W_]*".join(map(re.escape, (tokens[0], tokens[-1]))), tokens[0], tokens[-1])


def _single(name: str) -> Iterator[str]:
    """Patterns of each part of a name that is long enough to tell somebody."""
    parts = [*_tokens(name, fold=False), *("".join(_tokens(word, fold=False)) for word in name.split())]
    for part in dict.fromkeys(parts):
        least = 2 if _is_spaceless(part[:1]) else PART_LETTERS
        if len(part) < least or part.casefold() in PARTICLES or part.isdigit():
            continue
        written = {part.upper(), part.capitalize()} if part.islower() else {part, part.upper(), part.capitalize()}
        yield _bounded(f"(?:{'|'.join(map(re.escape, sorted(written)))})", part[0], part[-1])


def _bounded(pattern: str, first: str, last: str) -> str:
    """The pattern as whole words, where the script has words to see."""
    before = "" if _is_spaceless(first[:1]) else r"(?<![^\W_])"
    after = "" if _is_spaceless(last[-1:]) else r"(?![^\W_])"
    return f"{before}{pattern}{after}"


def _is_spaceless(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_SPACELESS) if character else False
