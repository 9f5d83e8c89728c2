"""A client's consent: asked, given, withdrawn."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from certification import consenting, signals
from certification.errors import ConsentRefused
from certification.models import ClientContact, ImageConsent, Photo
from tests.factories.certification import AT, TODAY, PhotoFactory, case, consent, contact
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common import links
from training_site.common.days import DAY, body_day, midnight
from training_site.common.models import Link, Notice
from training_site.starter.files import read

pytestmark = pytest.mark.django_db
SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
LAST_DAY = dt.date(2029, 5, 3)


@pytest.fixture
def of():
    made = case()
    contact(made)
    return made


@pytest.fixture
def photos(of) -> list[Photo]:
    return [PhotoFactory(case=of), PhotoFactory(case=of, view="back"), PhotoFactory(case=of, view="close")]


@pytest.fixture
def link(of) -> Link:
    return consenting.ask(of, actor=of.practitioner, at=AT)


def give(link, photos, *, shown=None, ahead=False, at=AT):
    shown = photos if shown is None else shown
    return consenting.give(
        link,
        photos={photo.pk for photo in photos},
        shown={photo.pk for photo in shown},
        ahead=ahead,
        at=at,
        on=body_day(at),
    )


def covered(of, *, at=AT, on=None) -> set[int]:
    return set(consenting.answered(of, at=at, on=on or body_day(at)).covered)


# Address --------------------------------------------------------------------------------------------


def test_an_address_is_kept_sealed():
    of = case()

    consenting.set_contact(of, "Client@example.org", actor=of.practitioner, at=AT)

    kept = ClientContact.objects.get()
    assert kept.email == "Client@example.org"
    with connection.cursor() as cursor:
        for table in ("certification_clientcontact", "certification_historicalclientcontact"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "example.org" not in str(cursor.fetchall()).lower()


def test_one_address_gives_one_digest_in_any_case():
    assert consenting.digest_of("A@example.org") == consenting.digest_of("a@EXAMPLE.org")
    assert consenting.digest_of("a@example.org") != consenting.digest_of("b@example.org")


@pytest.mark.parametrize("typed", ["tara@example.org", "TARA@example.org", " tara+client@Example.org"])
def test_a_candidates_own_address_is_refused(typed):
    of = case()
    of.practitioner.email = "tara@example.org"

    with pytest.raises(ConsentRefused, match=r"This is your own address\."):
        consenting.set_contact(of, typed, actor=of.practitioner, at=AT)


def test_a_second_verified_address_of_the_candidate_is_their_own_too():
    of = case()
    of.practitioner.emailaddress_set.create(email="other@example.org", verified=False)

    with pytest.raises(ConsentRefused, match="your own"):
        consenting.set_contact(of, "other@example.org", actor=of.practitioner, at=AT)


def test_only_the_owner_gives_an_address_and_asks(of):
    stranger = person(Role.TRAINEE)

    with pytest.raises(ConsentRefused, match="Only its owner"):
        consenting.set_contact(of, "other@example.org", actor=stranger, at=AT)
    with pytest.raises(ConsentRefused, match="Only its owner"):
        consenting.ask(of, actor=stranger, at=AT)


@pytest.mark.parametrize("state", ["draft", "returned", "handed_in", "procedure_marking", "healed_marking"])
def test_an_address_is_about_the_client_and_can_change_after_hand_in(state):
    of = case(state=state)

    assert consenting.set_contact(of, "client@example.org", actor=of.practitioner, at=AT).pk


def test_an_address_stays_once_the_result_is_released():
    of = case(state="released")

    with pytest.raises(ConsentRefused, match="released"):
        consenting.set_contact(of, "client@example.org", actor=of.practitioner, at=AT)


def test_the_same_address_again_changes_nothing(of, link):
    consenting.set_contact(of, "CLIENT@example.org", actor=of.practitioner, at=AT)

    assert of.contact.history.count() == 1
    assert list(Link.objects.alive(at=AT)) == [link]


def test_another_address_ends_the_link_of_the_earlier_one(of, link):
    consenting.set_contact(of, "new@example.org", actor=of.practitioner, at=AT + MINUTE)

    assert not Link.objects.alive(at=AT + MINUTE).exists()


def test_whoever_answered_from_the_earlier_address_is_told_there(of, link, photos):
    give(link, photos)

    consenting.set_contact(of, "new@example.org", actor=of.practitioner, at=AT + MINUTE)

    told = Notice.objects.get(kind="consent_moved")
    assert (told.to, told.forget_text) == ("client@example.org", True)
    assert "what you allowed ended" in told.text


def test_whoever_refused_from_the_earlier_address_is_told_there_too(of, link, photos):
    give(link, [], shown=photos)

    consenting.set_contact(of, "new@example.org", actor=of.practitioner, at=AT + MINUTE)

    assert Notice.objects.get(kind="consent_moved").to == "client@example.org"


def test_an_address_that_nobody_asked_is_told_nothing(of, photos):
    consent(photos[0])

    consenting.set_contact(of, "new@example.org", actor=of.practitioner, at=AT + MINUTE)

    assert not Notice.objects.exists()


def test_what_was_allowed_from_the_earlier_address_ends_with_it(of, link, photos):
    give(link, photos[:1], ahead=True)
    heard = []

    def hear(consent, at, **kwargs):
        heard.append((consent.photo_id, at))

    signals.consent_withdrawn.connect(hear)
    consenting.set_contact(of, "new@example.org", actor=of.practitioner, at=AT + MINUTE)
    signals.consent_withdrawn.disconnect(hear)

    assert covered(of, at=AT + MINUTE) == set()
    assert set(heard) == {(photos[0].pk, AT + MINUTE), (None, AT + MINUTE)}
    ended = ImageConsent.history.filter(history_type="~")
    assert {each.history_change_reason for each in ended} == {"The client's address changed."}
    assert {each.history_user for each in ended} == {of.practitioner}


def test_an_address_changes_three_times_a_day(of):
    with time_machine.travel(AT, tick=False) as clock:
        for number in range(3):
            consenting.set_contact(of, f"{number}@example.org", actor=of.practitioner, at=AT)
        with pytest.raises(ConsentRefused, match=r"changed three times within a day\. Change it again tomorrow"):
            consenting.set_contact(of, "4@example.org", actor=of.practitioner, at=AT + DAY - SECOND)
        clock.move_to(AT + DAY)
        consenting.set_contact(of, "4@example.org", actor=of.practitioner, at=AT + DAY)

    assert ClientContact.objects.get().email == "4@example.org"


def test_an_address_is_shown_in_part():
    assert consenting.masked("client@example.org") == "c…@example.org"


# Asking ---------------------------------------------------------------------------------------------


def test_the_client_is_mailed_a_link_that_works_for_three_years(of, link):
    mail = Notice.objects.get()

    assert (mail.to, mail.kind, mail.forget_text) == ("client@example.org", "consent_asked", True)
    assert mail.subject == f"{of.practitioner.name} asks about your photographs"
    token = re.search(r"http\S+/consent/(\S+)/", mail.text)[1]
    assert links.look_up(token, "consent", AT) == link
    assert (link.reusable, link.subject) == (True, of)
    assert link.expires_at == midnight(LAST_DAY + DAY, ZoneInfo("Europe/London"))


def test_without_an_address_nobody_is_asked():
    of = case()

    with pytest.raises(ConsentRefused, match="Give the client's e-mail address first"):
        consenting.ask(of, actor=of.practitioner, at=AT)


def test_asking_again_ends_the_earlier_link(of, link):
    later = consenting.ask(of, actor=of.practitioner, at=AT + DAY)

    assert list(Link.objects.alive(at=AT + DAY)) == [later]


@pytest.mark.parametrize("wait", [0 * MINUTE, 10 * MINUTE - SECOND], ids=["0:00", "9:59"])
def test_within_ten_minutes_no_second_mail_goes_out(of, link, wait):
    with pytest.raises(ConsentRefused, match="less than ten minutes ago"):
        consenting.ask(of, actor=of.practitioner, at=AT + wait)
    assert Notice.objects.count() == 1


def test_after_ten_minutes_another_mail_goes_out(of, link):
    consenting.ask(of, actor=of.practitioner, at=AT + 10 * MINUTE)

    assert Notice.objects.count() == 2


def another(of, email: str):
    made = case(of.case_file)
    contact(made, email)
    return made


def test_a_candidate_sends_ten_mails_to_clients_within_a_day(of):
    for number in range(10):
        consenting.ask(another(of, f"{number}@example.org"), actor=of.practitioner, at=AT)

    with pytest.raises(ConsentRefused, match=r"Ten mails went to your clients within a day\. Ask again tomorrow"):
        consenting.ask(of, actor=of.practitioner, at=AT + DAY - SECOND)
    assert consenting.ask(of, actor=of.practitioner, at=AT + DAY)


def test_mails_of_other_candidates_do_not_count(of, link):
    for number in range(9):
        consenting.ask(another(of, f"{number}@example.org"), actor=of.practitioner, at=AT)
    theirs = case()
    contact(theirs)

    assert consenting.ask(theirs, actor=theirs.practitioner, at=AT)


def test_one_address_gets_no_two_mails_within_ten_minutes_from_two_cases(of, link):
    second = another(of, "CLIENT@example.org")

    with pytest.raises(ConsentRefused, match="less than ten minutes ago"):
        consenting.ask(second, actor=of.practitioner, at=AT + 10 * MINUTE - SECOND)
    assert consenting.ask(second, actor=of.practitioner, at=AT + 10 * MINUTE)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_send_one_mail():
    of = case()
    contact(of)

    together(*[lambda: consenting.ask(of, actor=of.practitioner, at=AT)] * 4)

    assert (Notice.objects.count(), Link.objects.count()) == (1, 1)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_one_address_gets_one_mail_when_two_cases_ask_at_once():
    first = case()
    contact(first)
    second = another(first, "client@example.org")

    together(*[lambda of=of: consenting.ask(of, actor=first.practitioner, at=AT) for of in (first, second)])

    assert (Notice.objects.count(), Link.objects.count()) == (1, 1)


# Giving ---------------------------------------------------------------------------------------------


def test_a_client_allows_photograph_by_photograph(of, link, photos):
    give(link, photos[:2])

    kept = ImageConsent.objects.order_by("photo")
    assert {each.photo_id for each in kept} == covered(of) == {photos[0].pk, photos[1].pk}
    assert {(each.purpose, each.method, each.text_version) for each in kept} == {
        ("assessment", "link", consenting.TEXT_VERSION)
    }
    assert {(each.given_at, each.expires_on) for each in kept} == {(AT, LAST_DAY)}


def test_a_client_allows_later_photographs_too(of, link):
    give(link, [], ahead=True)

    assert ImageConsent.objects.get().photo is None
    assert consenting.answered(of, at=AT, on=TODAY).ahead is True


def test_giving_twice_changes_nothing(link, photos):
    assert give(link, photos, ahead=True) is True
    rows = list(ImageConsent.objects.values())

    assert give(link, photos, ahead=True, at=AT + MINUTE) is False
    assert list(ImageConsent.objects.values()) == rows
    assert ImageConsent.history.count() == 4


def test_a_photograph_that_is_unticked_is_withdrawn(of, link, photos):
    give(link, photos, ahead=True)
    heard = []

    def hear(consent, at, **kwargs):
        heard.append((consent.photo_id, at))

    signals.consent_withdrawn.connect(hear)
    give(link, photos[1:], shown=photos, at=AT + MINUTE)
    signals.consent_withdrawn.disconnect(hear)

    assert covered(of, at=AT + MINUTE) == {photos[1].pk, photos[2].pk}
    assert set(heard) == {(photos[0].pk, AT + MINUTE), (None, AT + MINUTE)}
    assert ImageConsent.objects.count() == 4


def test_a_photograph_that_came_in_meanwhile_is_left_as_it_is(of, link, photos):
    consent(photos[2], method="standing")

    give(link, photos[:1], shown=photos[:2])

    assert covered(of) == {photos[0].pk, photos[2].pk}


def test_what_is_no_photograph_of_this_client_is_left_alone(of, link, photos):
    elsewhere = PhotoFactory(case=case())
    place, gone = PhotoFactory(case=of, stage="record", view="setup"), PhotoFactory(case=of, view="top")
    Photo.objects.filter(pk=gone.pk).update(removed_at=AT, original="")

    assert give(link, [elsewhere, place, gone]) is False
    assert ImageConsent.objects.count() == 0


def test_a_withdrawn_photograph_can_be_allowed_again(of, link, photos):
    give(link, photos[:1])
    give(link, [], shown=photos, at=AT + MINUTE)
    give(link, photos[:1], at=AT + 2 * MINUTE)

    assert ImageConsent.objects.count() == 2
    assert covered(of, at=AT + 2 * MINUTE) == {photos[0].pk}


def test_a_consent_that_has_run_out_is_given_again(of, photos):
    consent(photos[0], given_at=AT - 1200 * DAY)
    assert covered(of) == set()

    give(consenting.ask(of, actor=of.practitioner, at=AT), photos[:1])

    assert covered(of) == {photos[0].pk}


def test_the_link_lasts_as_long_as_what_was_given_by_it(link, photos):
    later = AT + 700 * DAY

    give(link, photos, at=later)

    link.refresh_from_db()
    last = ImageConsent.objects.first().expires_on
    assert link.expires_at == midnight(last + DAY, ZoneInfo("Europe/London"))


def test_a_link_that_has_ended_gives_nothing(of, link, photos):
    consenting.ask(of, actor=of.practitioner, at=AT + DAY)

    with pytest.raises(links.LinkRefused, match="withdrawn"):
        give(link, photos, at=AT + DAY)
    assert ImageConsent.objects.count() == 0


def test_the_practitioner_is_told_that_the_client_answered(of, link, photos):
    give(link, photos[:2])
    give(link, photos[:2], at=AT + MINUTE)  # Nothing new.

    told = Notice.objects.get(kind="consent_answered")
    assert told.to == of.practitioner.email
    assert "See how the answer stands:" in told.text


def test_the_practitioner_gets_one_mail_for_ten_minutes_of_answers(link, photos):
    for minute in range(9):
        give(link, photos[: minute % 2], shown=photos, at=AT + minute * MINUTE)
    consenting.withdraw_all(link, at=AT + 10 * MINUTE - SECOND, on=TODAY)
    give(link, photos, at=AT + 10 * MINUTE)

    told = Notice.objects.filter(kind="consent_answered")
    assert sorted(each.next_try_at for each in told) == [AT + 10 * MINUTE, AT + 20 * MINUTE]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_the_same_answer_twice_at_once_is_one_consent():
    of = case()
    contact(of)
    photo = PhotoFactory(case=of)
    link = consenting.ask(of, actor=of.practitioner, at=AT)

    outcomes = together(*[lambda: give(link, [photo], ahead=True)] * 4)

    assert sorted(outcomes) == [False, False, False, True]
    assert ImageConsent.objects.count() == 2


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_what_is_answered_while_the_address_changes_does_not_outlast_it():
    of = case()
    contact(of)
    photos = PhotoFactory.create_batch(6, case=of)
    link = consenting.ask(of, actor=of.practitioner, at=AT)

    together(
        lambda: give(link, photos, ahead=True),
        lambda: consenting.set_contact(of, "another@example.org", actor=of.practitioner, at=AT),
    )

    assert list(ImageConsent.objects.alive(at=AT, on=TODAY)) == []


# Withdrawing ----------------------------------------------------------------------------------------


def test_a_client_withdraws_everything_at_once(of, link, photos):
    give(link, photos, ahead=True)

    assert consenting.withdraw_all(link, at=AT + MINUTE, on=TODAY) == 4
    assert covered(of, at=AT + MINUTE) == set()
    assert consenting.withdraw_all(link, at=AT + 2 * MINUTE, on=TODAY) == 0
    assert set(ImageConsent.objects.values_list("withdrawn_at", flat=True)) == {AT + MINUTE}


@pytest.mark.parametrize(
    ("at", "holds"),
    [(AT, True), (AT + MINUTE - SECOND, True), (AT + MINUTE, False)],
    ids=["given", "before", "then"],
)
def test_a_withdrawal_ends_a_consent_at_that_instant(of, photos, at, holds):
    given = consent(photos[0])
    consenting.withdraw(given, at=AT + MINUTE)
    consenting.withdraw(given, at=AT + DAY)

    assert (photos[0].pk in covered(of, at=at)) is holds


# How long -------------------------------------------------------------------------------------------

T15 = next(rule for rule in read("dates.json")["rules"] if rule["code"] == "T15")["example"]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"])
@pytest.mark.parametrize("row", T15["days"], ids=[row["what"] for row in T15["days"]])
def test_a_consent_holds_for_three_years_of_the_bodys_days(settings, zone, row):
    settings.TIME_ZONE = zone
    of = case()
    contact(of)
    photo = PhotoFactory(case=of)
    given_on, day = dt.date.fromisoformat(T15["inputs"]["given_on"]), dt.date.fromisoformat(row["on"])
    noon = midnight(given_on, ZoneInfo(zone))
    give(consenting.ask(of, actor=of.practitioner, at=noon), [photo], at=noon)

    first, last = midnight(day, ZoneInfo(zone)), midnight(day + DAY, ZoneInfo(zone)) - SECOND
    assert [photo.pk in covered(of, at=at) for at in (first, last)] == [row["holds"]] * 2
    assert consenting.uncovered(of, at=last, on=body_day(last)).exists() is not row["holds"]


LAST = dt.date(2029, 5, 3)
RAN_OUT = "The client's consent to photographs still to be taken ran out: 3 May 2029 was its last day."
TAKEN_BACK = "The client's consent to photographs still to be taken ended on 5 May 2026."


@pytest.mark.parametrize(
    ("withdrawn_at", "on", "sentence"),
    [
        (None, LAST, ""),
        (None, LAST + DAY, RAN_OUT),
        (AT + DAY, TODAY, ""),
        (AT + DAY, TODAY + DAY, TAKEN_BACK),
        (AT + DAY, LAST + DAY, TAKEN_BACK),
    ],
    ids=["last day", "day after", "before it is withdrawn", "withdrawn", "withdrawn long ago"],
)
def test_the_end_of_a_consent_to_later_photographs_is_told(of, withdrawn_at, on, sentence):
    consent(case=of, given_at=AT - DAY, expires_on=LAST, withdrawn_at=withdrawn_at)
    at = dt.datetime.combine(on, AT.timetz())

    assert consenting.ahead_ended(of, at=at, on=on) == sentence


def test_nothing_ended_where_nothing_was_given_or_it_was_given_again(of, photos):
    assert consenting.ahead_ended(of, at=AT, on=TODAY) == ""
    consent(photos[0], withdrawn_at=AT)
    assert consenting.ahead_ended(of, at=AT, on=TODAY) == ""

    consent(case=of, given_at=AT - DAY, withdrawn_at=AT)
    consent(case=of)
    assert consenting.ahead_ended(of, at=AT, on=TODAY) == ""


def test_uncovered_are_kept_photographs_of_a_person_without_living_consent(of, photos):
    consent(photos[0])
    consenting.withdraw(consent(photos[1]), at=AT)
    PhotoFactory(case=of, stage="record", view="setup")
    Photo.objects.filter(pk=PhotoFactory(case=of, view="top").pk).update(removed_at=AT, original="")

    assert set(consenting.uncovered(of, at=AT, on=TODAY)) == {photos[1], photos[2]}


def test_a_client_keeps_sight_of_what_they_were_asked_about_in_whatever_view(of):
    setup, _ = (PhotoFactory(case=of, stage="record", view="setup") for _ in range(2))
    consent(setup, withdrawn_at=AT)

    assert set(consenting.photos_of(of)) == {setup}
    assert set(consenting.uncovered(of, at=AT, on=TODAY)) == {setup}
