"""Tables out."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from training_site.common.exports import Table, csv_response, is_formula, xlsx_response

FORMULAS = {
    "equals": "=1+1",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(A1:A9)",
    "command": "=cmd|' /C calc'!A0",
    "after blanks": "   =1+1",
    "after a no-break space": " =1+1",
    "after a zero-width space": "\u200b=1+1",
    "after a byte order mark": "\ufeff=1+1",
    "tab first": "\tanything",
    "carriage return first": "\ranything",
    "line feed first": "\n=1+1",
    "full-width equals": "＝1+1",
    "full-width plus": "＋1+1",
    "full-width minus": "－1+1",
    "full-width at": "＠SUM(A1)",
    "small equals": "﹦1+1",
}
formulas = pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS.keys())


def csv_rows(table):
    body = b"".join(csv_response(table).streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body, newline="")))


def xlsx_sheet(table):
    return load_workbook(io.BytesIO(b"".join(xlsx_response(table).streaming_content))).active


@formulas
def test_a_cell_that_a_spreadsheet_would_run_is_defused_in_csv(text):
    assert csv_rows(Table("people", ["Name"], [[text]]))[1] == [f"'{text}"]


@formulas
def test_a_cell_that_a_spreadsheet_would_run_is_text_in_xlsx(text):
    cell = xlsx_sheet(Table("people", ["Name"], [[text]]))["A2"]

    assert cell.data_type == "s"
    assert cell.quotePrefix is True or cell.quotePrefix == 1


def test_a_column_heading_is_defused_as_well():
    assert csv_rows(Table("people", ["=1+1"], []))[0] == ["'=1+1"]


@pytest.mark.parametrize("text", ["Zoë", "a=b", "1-2", "", "’quoted", "東京", "N/A"])
def test_harmless_text_stays_as_it_is(text):
    assert is_formula(text) is False
    assert csv_rows(Table("people", ["Name"], [[text]]))[1] == [text]


def test_an_error_code_typed_by_a_person_stays_text():
    assert xlsx_sheet(Table("people", ["Name"], [["#N/A"]]))["A2"].data_type == "s"


def test_numbers_and_days_keep_their_type_in_xlsx():
    row = [7, -1.5, Decimal("2.25"), True, dt.date(2026, 5, 3), None]

    sheet = xlsx_sheet(Table("cases", ["a", "b", "c", "d", "e", "f"], [row]))

    values = [cell.value for cell in sheet[2]]
    assert values == [7, -1.5, 2.25, True, dt.datetime.fromisoformat("2026-05-03"), None]


def test_a_negative_number_is_a_number_and_not_a_formula_in_csv():
    assert csv_rows(Table("cases", ["Change"], [[-5]]))[1] == ["-5"]


@pytest.mark.parametrize(
    "value",
    [float("-inf"), float("nan"), Decimal("NaN"), 10**20],
    ids=["infinity", "not a number", "decimal not a number", "more digits than a sheet keeps"],
)
def test_a_number_that_a_sheet_cannot_hold_is_written_as_text(value):
    cell = xlsx_sheet(Table("cases", ["Number"], [[value]]))["A2"]

    assert (cell.data_type, cell.value) == ("s", str(value))


def test_an_instant_is_written_in_the_bodys_time_zone(settings):
    settings.TIME_ZONE = "Europe/London"
    table = Table("cases", ["At"], [[dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)]])

    assert csv_rows(table)[1] == ["2026-07-02T00:30:00+01:00"]
    assert xlsx_sheet(table)["A2"].value == dt.datetime.fromisoformat("2026-07-02T00:30")


def test_characters_that_a_sheet_cannot_carry_are_left_out():
    table = Table("people", ["Name"], [["a\x00b\x0bc\ufffed\ud800e"]])

    assert csv_rows(table)[1] == ["abcde"]
    assert xlsx_sheet(table)["A2"].value == "abcde"


def test_quotes_line_breaks_and_separators_stay_within_their_cell():
    cells = ['say "so"', "two\nlines", "a;=1+1", "b,c"]

    assert csv_rows(Table("people", ["a", "b", "c", "d"], [cells]))[1] == cells


def test_a_line_split_at_semicolons_yields_no_formula():
    body = b"".join(csv_response(Table("people", ["a"], [["x;=1+1"]])).streaming_content).decode("utf-8-sig")

    rows = csv.reader(io.StringIO(body), delimiter=";")

    assert [row for row in rows if any(is_formula(cell) for cell in row)] == []


def test_a_spreadsheet_recognises_the_encoding():
    chunks = list(csv_response(Table("people", ["Name"], [])).streaming_content)

    assert chunks[0] == b"\xef\xbb\xbf"


def test_rows_are_sent_while_they_are_read():
    read = []

    def rows():
        for number in range(3):
            read.append(number)
            yield [number]

    chunks = iter(csv_response(Table("people", ["Number"], rows())).streaming_content)
    next(chunks), next(chunks)
    assert read == []
    next(chunks)
    assert read == [0]


@pytest.mark.parametrize(
    ("name", "file_name"),
    [("Cases in May", "cases-in-may"), ('../a"\r\nX: y', "a-x-y"), ("東京", "table")],
    ids=["words", "hostile", "no Latin letter"],
)
def test_the_file_name_is_safe(name, file_name):
    table = Table(name, ["a"], [])

    assert csv_response(table)["Content-Disposition"] == f'attachment; filename="{file_name}.csv"'
    assert xlsx_response(table)["Content-Disposition"] == f'attachment; filename="{file_name}.xlsx"'


@pytest.mark.parametrize(
    ("name", "title"),
    [("a/b:c*d?e[f]g\\h", "a b c d e f g h"), ("x" * 40, "x" * 31), ("'", "Table")],
    ids=["forbidden characters", "too long", "nothing left"],
)
def test_the_sheets_name_is_one_that_a_spreadsheet_takes(name, title):
    assert xlsx_sheet(Table(name, ["a"], [])).title == title
