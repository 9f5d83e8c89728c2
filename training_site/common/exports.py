"""Tables out: the only writer of CSV and XLSX.

A spreadsheet runs a cell that begins like a formula. What people typed into our forms must not run in the
office's spreadsheet, so such text is defused here; numbers and dates stay what they are.
"""

import csv
import datetime as dt
import math
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet.worksheet import Worksheet

from training_site.common.days import body_zone

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_LARGE = 10**15  # A spreadsheet keeps 15 digits of a number and makes the rest zeros.

# Characters that XML 1.0 cannot carry, and halves of surrogate pairs, which UTF-8 cannot.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Table:
    """``name`` names file and sheet; each row has as many cells as there are ``columns``.

    ``rows`` is read once, while the file is written: a queryset's iterator will do.
    """

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def csv_response(table: Table) -> StreamingHttpResponse:
    """UTF-8 with a byte order mark (spreadsheets guess wrong without), sent while rows are read.

    Instants are ISO 8601 in the certification body's time zone.
    """
    response = StreamingHttpResponse(_csv(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{_file_name(table)}.csv")
    return response


def xlsx_response(table: Table) -> FileResponse:
    """One sheet. Instants are in the certification body's time zone, because a sheet knows no zones."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(table))
    for row in _all_rows(table):
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{_file_name(table)}.xlsx", content_type=XLSX)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run a cell with this text.

    That is text which begins with =, +, - or @, in any width, after whatever a spreadsheet skips: spaces,
    control characters and invisible ones. Tabs and line breaks at the start count by themselves.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return True
    visible = (char for char in text if unicodedata.category(char)[0] not in "CZ")
    return unicodedata.normalize("NFKC", next(visible, ""))[:1] in ("=", "+", "-", "@")


class _Echo:
    """A file whose ``write`` gives the text back: what ``csv.writer`` returns from ``writerow``."""

    def write(self, text: str) -> str:
        return text


def _csv(table: Table) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    # All text is quoted: where a spreadsheet splits at semicolons, no cell begins inside another.
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    for row in _all_rows(table):
        yield writer.writerow([_csv_cell(value) for value in row]).encode()


def _all_rows(table: Table) -> Iterator[Sequence[Any]]:
    yield table.columns
    yield from table.rows


def _cell(value: Any) -> Any:
    """A number, bool, day or local instant as itself, None as None, and everything else as clean text."""
    if isinstance(value, dt.datetime):
        return value.astimezone(body_zone()) if value.tzinfo else value
    if value is None or isinstance(value, bool | dt.date | dt.time):
        return value
    if isinstance(value, int | float | Decimal) and math.isfinite(value) and -TOO_LARGE < value < TOO_LARGE:
        return value
    return ILLEGAL.sub("", str(value))


def _csv_cell(value: Any) -> Any:
    cell = _cell(value)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, str) and is_formula(cell):
        return f"'{cell}"
    return cell


def _xlsx_cell(sheet: Worksheet, value: Any) -> WriteOnlyCell:
    cell = _cell(value)
    if isinstance(cell, dt.datetime | dt.time):
        cell = cell.replace(tzinfo=None)
    if not isinstance(cell, str):
        return WriteOnlyCell(sheet, cell)
    written = WriteOnlyCell(sheet, cell)
    # Set after the value: openpyxl takes a text that begins with = for a formula, and #N/A for an error.
    written.data_type = "s"
    # The mark that keeps it text when somebody edits the cell.
    written.quotePrefix = is_formula(cell)
    return written


def _file_name(table: Table) -> str:
    return slugify(table.name) or "table"


def _sheet_name(table: Table) -> str:
    """At most 31 characters, without those that a sheet's name must not have."""
    return re.sub(r"[\\*?:/\[\]\x00-\x1f]", " ", ILLEGAL.sub("", table.name)).strip(" '")[:31] or "Table"
