"""The office's marking list, and the page of an attempt."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification import paper_checks
from certification.answering import accept
from certification.assigning import offer
from certification.models import Allocation, ConflictDeclaration, PaperCheck, ProcedureCase
from certification.submitting import hand_in
from tests.certification.offered import handed_in
from tests.factories.certification import AT, REASON, TODAY, add_healed, at_state, ready_case
from tests.factories.marking import allocation, assessor, attempt, frozen, place_in_file
from tests.pages import text
from tests.people import person
from training_site.accounts import roles
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.history import save_as
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db

LIST = "/cms/certification/marking/"
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def office(as_, officer):
    return as_(officer)


@pytest.fixture
def assurer(as_):
    return as_(person(Role.QUALITY_ASSURER))


@pytest.fixture
def case(officer) -> ProcedureCase:
    return handed_in(officer)


def page_of(case) -> str:
    return f"{LIST}{attempt(case).pk}/"


def listed(browser, **query: str) -> list[str]:
    page = browser.get(LIST, query).context["page_obj"]
    return [row["submission"].case.ref for row in page]


def send(browser, case, action: str, **typed: object):
    return browser.post(f"{page_of(case)}{action}/", typed)


def offer_first(browser, case, to):
    return send(browser, case, "offer", stage="procedure", kind="first", assessor=to.pk)


# Whose it is --------------------------------------------------------------------------------------


def test_officers_and_quality_assurers_read_it_nobody_else(as_, office, assurer, case):
    others = [role for role in Role if role not in (Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER)]

    for browser in (office, assurer):
        assert [browser.get(address).status_code for address in (LIST, page_of(case))] == [200, 200]
    for role in others:
        browser = as_(person(role))
        assert [browser.get(address).status_code for address in (LIST, page_of(case))] == [404, 404]


def test_only_officers_act(as_, case, officer):
    asked = assessor()
    piece = offer(attempt(case), stage="procedure", kind="first", assessor=asked, officer=officer, at=AT)
    addresses = [f"{page_of(case)}{action}/" for action in ("return", "offer", "conflict", "assurer")] + [
        f"/cms/certification/allocations/{piece.pk}/recall/",
        f"/cms/certification/papers/{case.documents.get().pk}/confirm/",
    ]

    for role in [role for role in Role if role is not Role.CERTIFICATION_OFFICER]:
        browser = as_(person(role))
        assert [browser.post(address).status_code for address in addresses] == [404] * 6


def test_a_quality_assurer_reads_and_has_no_buttons(assurer, case):
    page = assurer.get(page_of(case))

    assert "Mark" in text(page)
    assert [
        line for line in re.findall(r'<form[^>]*action="([^"]+)"', page.content.decode()) if "/marking/" in line
    ] == []
    assert "/files/case-paper/" not in page.content.decode()


def test_nobody_finds_an_attempt_of_their_own(as_, office):
    own = handed_in()
    roles.grant(own.practitioner, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)
    from tests.people import give_second_factor

    give_second_factor(own.practitioner)
    browser = as_(own.practitioner)

    assert (listed(browser, which="all"), browser.get(page_of(own)).status_code) == ([], 404)
    assert listed(office, which="all") == [own.ref]


def test_a_draft_is_not_found(office):
    assert office.get(page_of(ready_case())).status_code == 404


def test_an_officer_with_a_declared_conflict_reads_why_they_do_nothing(office, officer, case):
    ConflictDeclaration.objects.create(
        case_file=case.case_file, person=officer, declared_by=officer, reason="Cousins.", declared_at=AT
    )

    page = office.get(page_of(case))

    assert "A conflict of interest is declared between you and this file. Ask another officer." in text(page)
    assert page.context["offers"] == []
    assert "Return for evidence" not in text(page)


# The list -----------------------------------------------------------------------------------------


def test_each_filter_shows_its_own(office, officer):
    waits, marked = handed_in(officer), handed_in(officer)
    accept(
        offer(
            attempt(marked), stage="procedure", kind="first", assessor=(by := assessor()), officer=officer, at=AT
        ),
        actor=by,
        at=AT,
    )
    done, held, out = (handed_in() for _ in range(3))
    at_state(done, "assessed"), at_state(held, "quality_hold"), at_state(out, "released")

    assert listed(office) == [waits.ref]
    assert listed(office, which="marking") == [marked.ref]
    assert listed(office, which="release") == [done.ref]
    assert listed(office, which="hold") == [held.ref]
    assert listed(office, which="all") == [each.ref for each in (waits, marked, done, held, out)]


def test_a_case_with_one_of_two_markers_still_waits(office, officer, case):
    place_in_file(case, 3)
    for kind, waits in (("first", [case.ref]), ("second", [])):
        offer(attempt(case), stage="procedure", kind=kind, assessor=assessor(), officer=officer, at=AT)
        assert listed(office) == waits


def test_a_case_whose_third_assessor_is_asked_does_not_wait(office, case):
    place_in_file(case, 3)
    add_healed(case)
    submission = attempt(case)
    submission.healed_in_at = AT
    save_as(submission, actor=None, reason=REASON)
    at_state(case, "healed_marking")
    assert listed(office) == [case.ref]

    allocation(submission, kind="third", stage="healed", state="offered")

    assert listed(office) == []


def test_attempts_are_found_by_reference(office):
    one, _ = handed_in(), handed_in()

    assert listed(office, q=one.ref.lower()) == [one.ref]
    assert "Nothing is here." in text(office.get(LIST, {"q": "C-NONE"}))


def test_a_row_says_who_has_it_and_until_when(office, officer, case):
    asked = assessor()
    offer(attempt(case), stage="procedure", kind="first", assessor=asked, officer=officer, at=AT)

    said = text(office.get(LIST, {"which": "marking"}))

    assert f"{asked.name} (first marker, offered, due 11 May 2026)" in said


@pytest.mark.parametrize(
    ("after", "is_late"),
    [(13 * DAY, False), (14 * DAY, False), (15 * DAY, True)],
    ids=["day before", "last day", "day after"],
)
def test_a_result_is_overdue_from_the_day_after_its_last(as_, officer, after, is_late):
    """T20: complete on 4 May 2026, due on 18 May 2026."""
    made = ready_case()
    add_healed(made)
    hand_in(made, actor=made.practitioner, at=AT, on=TODAY)

    with time_machine.travel(AT + after, tick=False):
        browser = as_(officer)
        assert listed(browser, which="overdue") == ([made.ref] if is_late else [])
        said = text(browser.get(LIST))
    assert ("18 May 2026, overdue" in said, "18 May 2026" in said) == (is_late, True)


def test_nothing_is_overdue_while_healed_photographs_are_awaited_or_after_release(as_, officer):
    waits, out, sure = handed_in(), handed_in(), handed_in()
    at_state(waits, "healed_awaited"), at_state(out, "released"), at_state(sure, "assessed")

    with time_machine.travel(AT + 30 * DAY, tick=False):
        assert listed(as_(officer), which="overdue") == [sure.ref]


def test_the_list_takes_the_same_queries_for_one_and_three(office, officer):
    counted = []
    for many in (1, 2):
        for _ in range(many):
            made = handed_in(officer)
            offer(attempt(made), stage="procedure", kind="first", assessor=assessor(), officer=officer, at=AT)
        office.get(LIST, {"which": "marking"})
        with CaptureQueriesContext(connection) as captured:
            page = office.get(LIST, {"which": "marking"})
        counted.append((len(page.context["page_obj"]), len(captured)))

    assert counted == [(1, 12), (3, 12)]


# One attempt --------------------------------------------------------------------------------------


def test_the_page_says_what_was_handed_in(office, case):
    said = text(office.get(page_of(case)))

    manifest = attempt(case).manifests.get()
    for words in (
        case.practitioner.legal_name,
        "11 photographs, 1 visit",
        manifest.sha256,
        "Treatment consent, dated 26 February 2026, 09:30; identity and age seen; 1 page.",
        "Nobody was asked yet.",
    ):
        assert words in said


def test_a_paper_is_opened_and_confirmed(office, officer):
    unread = handed_in()
    paper = unread.documents.get()
    page = office.get(page_of(unread))
    assert f'href="/files/case-paper/{paper.pk}/"' in page.content.decode()
    assert "Not confirmed yet." in text(page)

    answer = office.post(
        f"/cms/certification/papers/{paper.pk}/confirm/", {"seen": paper_checks.digest_of(paper)}, follow=True
    )

    assert PaperCheck.objects.get().officer == officer
    assert f"Confirmed by {officer.name} on 4 May 2026." in text(answer)


def test_a_paper_that_was_changed_meanwhile_is_not_confirmed(office):
    paper = handed_in().documents.get()

    answer = office.post(f"/cms/certification/papers/{paper.pk}/confirm/", {"seen": "0" * 64})

    assert "This paper was changed after you opened it." in text(answer)
    assert not PaperCheck.objects.exists()


def test_marking_is_offered(office, case):
    asked = assessor()

    answer = offer_first(office, case, asked)

    assert answer.url == page_of(case)
    assert Allocation.objects.get().assessor == asked
    assert f"{asked.name} First marker, procedure Offered" in text(office.get(page_of(case)))


def test_choices_say_how_busy_each_is_and_why_others_are_not_asked(office, case):
    idle, unknown = assessor(), person(Role.ASSESSOR)

    page = office.get(page_of(case))

    (row,) = page.context["offers"]
    assert row["form"].fields["assessor"].choices[1:] == [(idle.pk, f"{idle.name} (nothing in hand)")]
    assert f"{unknown.name}: They have not said yet where they work. They are not authorised" in text(page)


def test_when_nobody_may_be_asked_the_page_says_so(office, case):
    assert "Nobody may be asked at the moment." in text(office.get(page_of(case)))


def test_a_refused_offer_says_why_and_keeps_the_choice(office):
    unread = handed_in()
    asked = assessor()

    page = offer_first(office, unread, asked)

    assert "Read and confirm the papers of this case first: treatment consent." in text(page)
    assert f'<option value="{asked.pk}" selected>' in page.content.decode()


def test_an_offer_from_a_stale_page_is_refused_alone(office, officer, case):
    offer(attempt(case), stage="procedure", kind="first", assessor=assessor(), officer=officer, at=AT)

    page = offer_first(office, case, assessor())

    assert "somebody has it, or it is not needed" in text(page)
    assert Allocation.objects.count() == 1


def test_an_offer_without_an_assessor_asks_for_one(office, case):
    assessor()

    page = send(office, case, "offer", stage="procedure", kind="first", assessor="")

    assert "Choose one." in text(page)


def test_marking_is_recalled_with_a_reason(office, officer, case):
    asked = assessor()
    piece = offer(attempt(case), stage="procedure", kind="first", assessor=asked, officer=officer, at=AT)
    address = f"/cms/certification/allocations/{piece.pk}/recall/"

    assert "Fill this in." in text(office.post(address, {"reason": ""}))
    answer = office.post(address, {"reason": "On sick leave."}, follow=True)

    assert f"Recalled from {asked.name}. What they wrote is kept." in text(answer)
    assert "Taken back, 4 May 2026 On sick leave." in text(answer)
    assert "cannot be done" in text(office.post(address, {"reason": "Again."}))


def test_a_case_is_returned_for_evidence(office, case):
    answer = send(office, case, "return", note="The label is cut off.")

    assert answer.url == page_of(case)
    assert attempt(case).state == "returned"
    assert Notice.objects.filter(kind="case_returned").count() == 1


def test_a_refused_return_keeps_what_was_typed(office, officer, case):
    asked = assessor()
    piece = offer(attempt(case), stage="procedure", kind="first", assessor=asked, officer=officer, at=AT)
    assert "<textarea" in send(office, case, "return", note="").content.decode()
    accept(piece, actor=asked, at=AT)

    page = send(office, case, "return", note="The label is cut off.")

    assert "Only a case that is handed in and not marked yet can be returned." in text(page)


def test_a_conflict_is_declared(office, officer, case):
    friend = assessor()

    answer = send(office, case, "conflict", person=friend.pk, reason="Shares a flat.")

    assert answer.url == page_of(case)
    said = text(office.get(page_of(case)))
    assert f"{friend.name}: Shares a flat. (declared by {officer.name} on 4 May 2026)" in said
    assert f"{friend.name}: A conflict of interest is declared." in said


def test_a_refused_conflict_keeps_what_was_typed(office, case):
    friend = assessor()
    allocation(attempt(case), to=friend, state="offered")

    page = send(office, case, "conflict", person=friend.pk, reason="Shares a flat.")

    assert "Recall it first, then declare the conflict." in text(page)
    assert "Shares a flat.</textarea>" in page.content.decode()


def test_a_quality_assurer_is_named_and_taken_out(office, case):
    named = person(Role.QUALITY_ASSURER)

    send(office, case, "assurer", person=named.pk, reason="Sample of May.")
    case.case_file.refresh_from_db()
    assert case.case_file.quality_assurer == named
    assert f"{named.name}. Only they release its results." in text(office.get(page_of(case)))

    send(office, case, "assurer", person="", reason="Ill.")
    case.case_file.refresh_from_db()
    assert case.case_file.quality_assurer is None


def test_a_quality_assurer_with_another_part_is_not_named(office, case):
    marked = person(Role.QUALITY_ASSURER)
    allocation(attempt(case), to=marked, state="submitted")

    page = send(office, case, "assurer", person=marked.pk, reason="Sample of May.")

    assert f"{marked.name} cannot be named. They have another part in this case." in text(page)
    assert "Sample of May.</textarea>" in page.content.decode()


def test_the_page_takes_the_same_queries_for_one_and_three_pieces_and_assessors(office, officer, case):
    frozen(attempt(case))
    counted = []
    for many in (1, 2):
        for _ in range(many):
            allocation(attempt(case), state="declined")
        office.get(page_of(case))
        with CaptureQueriesContext(connection) as captured:
            office.get(page_of(case))
        counted.append(len(captured))

    assert counted == [44, 44]


# Cards --------------------------------------------------------------------------------------------


def test_an_officer_hears_of_marking_to_allocate(officer, case):
    later = handed_in(officer)
    assert [
        (card.count, card.sentence) for card in cards.for_user(officer, AT) if card.title == "Marking to allocate"
    ] == [(2, "2 cases wait for an assessor, the oldest since 4 May 2026.")]

    for each in (case, later):
        offer(attempt(each), stage="procedure", kind="first", assessor=assessor(), officer=officer, at=AT)

    assert [card for card in cards.for_user(officer, AT) if card.title == "Marking to allocate"] == []


def test_nobody_else_hears_of_it(case):
    for role in (Role.QUALITY_ASSURER, Role.ASSESSOR, Role.REGISTRAR):
        assert [card for card in cards.for_user(person(role), AT) if card.title == "Marking to allocate"] == []


def test_the_menu_leads_there(office, assurer, as_):
    for browser, leads in ((office, True), (assurer, True), (as_(person(Role.REGISTRAR)), False)):
        assert (LIST in browser.get("/cms/").content.decode()) is leads
