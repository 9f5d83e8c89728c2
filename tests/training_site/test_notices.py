"""The outbox."""

import datetime as dt
import smtplib

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection, transaction
from django_tasks_db.models import DBTaskResult

from tests.factories.people import UserFactory
from tests.together import together
from training_site.common import notices, personal_data
from training_site.common.models import Notice
from training_site.common.models.notices import FAILING_FROM, LAST_ATTEMPT

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)

DATABASE_QUEUE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "heavy"]}}


class Outage(EmailBackend):
    """A mail server that fails as long as ``failure`` says so."""

    failure: Exception | None = None
    asked = 0

    def send_messages(self, messages):
        Outage.asked += 1
        if Outage.failure is not None:
            raise Outage.failure
        return super().send_messages(messages)


@pytest.fixture
def outage(settings):
    """Sets how the mail server fails: ``outage(ConnectionRefusedError())``; None ends it."""
    settings.EMAIL_BACKEND = f"{__name__}.Outage"
    Outage.failure, Outage.asked = None, 0

    def fail(failure):
        Outage.failure = failure

    yield fail
    Outage.failure = None


def posted(**changes):
    facts = {
        "to": "zoe@example.org",
        "subject": "Your result",
        "text": "Your result is there.",
        "kind": "result",
        "due_at": AT,
    }
    return notices.post(**(facts | changes))


# Posting


@pytest.mark.django_db
def test_mail_goes_out_after_the_commit_and_not_before(mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        notices.post(to="zoe@example.org", subject="Your result", text="It is there.", kind="result")
        assert mailoutbox == []

    assert [(mail.to, mail.subject) for mail in mailoutbox] == [(["zoe@example.org"], "Your result")]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_sends_no_mail(settings, mailoutbox):
    for queue in (settings.TASKS, DATABASE_QUEUE):
        settings.TASKS = queue
        with transaction.atomic():
            notices.post(to="zoe@example.org", subject="Your result", text="It is there.", kind="result")
            transaction.set_rollback(True)

    assert (Notice.objects.count(), DBTaskResult.objects.count(), mailoutbox) == (0, 0, [])


@pytest.mark.django_db
def test_in_the_database_queue_the_task_is_written_at_once(settings, django_capture_on_commit_callbacks):
    settings.TASKS = DATABASE_QUEUE

    with django_capture_on_commit_callbacks() as callbacks:
        notice = notices.post(to="zoe@example.org", subject="Your result", text="It is there.", kind="result")

    assert callbacks == []
    assert DBTaskResult.objects.get().args_kwargs == {"args": [notice.pk], "kwargs": {}}


@pytest.mark.django_db
def test_mail_for_later_waits_for_its_time(mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        notice = posted(due_at=AT)

    assert mailoutbox == []
    assert notices.send(notice.pk, AT - MINUTE) is False
    assert notices.send(notice.pk, AT) is True


@pytest.mark.django_db
def test_the_same_key_posts_one_mail(mailoutbox):
    first = posted(key="reminder 7", subject="First")
    second = posted(key="reminder 7", subject="Second")

    assert second.pk == first.pk
    assert Notice.objects.get().subject == "First"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_the_same_key_posts_one_mail_when_two_post_at_once():
    outcomes = together(*[lambda: posted(key="reminder 7").pk] * 8)

    assert outcomes == [Notice.objects.get().pk] * 8


@pytest.mark.django_db
def test_a_subject_is_one_line(mailoutbox):
    notice = posted(subject="Result\r\nBcc: everybody@example.org\n  now")

    notices.send(notice.pk, AT)

    assert mailoutbox[0].subject == "Result Bcc: everybody@example.org now"
    assert mailoutbox[0].recipients() == ["zoe@example.org"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "nobody", "zoe@example.org\nBcc: a@example.org"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValidationError):
        posted(to=address)

    assert Notice.objects.count() == 0


@pytest.mark.django_db
def test_an_address_is_not_readable_in_the_database():
    notice = posted(to="zoe@example.org")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM common_notice WHERE id = %s", [notice.pk])
        assert "zoe" not in str(cursor.fetchall())
    assert Notice.objects.get().to == "zoe@example.org"


@pytest.mark.django_db
def test_the_mail_of_an_address_is_found_in_any_case():
    notice = posted(to="Zoe@Example.org")
    posted(to="ada@example.org")

    assert Notice.objects.addressed_to("zoe@example.ORG").get() == notice


@pytest.mark.django_db
def test_a_template_gives_subject_and_text_without_html_escapes(settings, tmp_path):
    (tmp_path / "emails").mkdir()
    (tmp_path / "emails" / "hello.txt").write_text(
        "Hello {{ name }}\n\nThis is {{ site_name }}: {{ base_url }}/my/\n"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]

    notice = notices.post_template("hello", {"name": "O'Neil & Co"}, to="zoe@example.org", due_at=AT)

    assert (notice.kind, notice.subject) == ("hello", "Hello O'Neil & Co")
    assert notice.text == "This is Stipple: http://testserver/my/"


@pytest.mark.django_db
def test_a_line_break_in_a_name_never_begins_the_text(settings, tmp_path):
    folder = tmp_path / "emails"
    folder.mkdir()
    (folder / "asked.txt").write_text("{{ name }} asks you\n\nOf {{ name }}:\n{{ note }}\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]

    mail = notices.post_template(
        "asked", {"name": "Eve\n\nhttps://evil.example\r\n", "note": "One.\nTwo."}, to="zoe@example.org", due_at=AT
    )

    assert mail.subject == "Eve https://evil.example asks you"
    assert mail.text.startswith("Of Eve")
    assert mail.text.endswith("One.\nTwo.")


# Sending


@pytest.mark.django_db
def test_a_mail_carries_text_and_html_and_asks_for_no_automatic_answer(mailoutbox):
    notice = posted(text="It's <b>there</b>:\nhttps://stipple.example/my/?a=1&b=2\n\nMore.")

    notices.send(notice.pk, AT)

    mail = mailoutbox[0]
    html, kind = mail.alternatives[0]
    assert mail.body.startswith(
        "It's <b>there</b>:\nhttps://stipple.example/my/?a=1&b=2\n\nMore.\n\n-- \nStipple\n"
    )
    assert kind == "text/html"
    assert "It&#x27;s &lt;b&gt;there&lt;/b&gt;" in html
    assert 'href="https://stipple.example/my/?a=1&amp;b=2"' in html
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db
def test_html_that_was_given_is_sent_as_it_is(mailoutbox):
    notices.send(posted(html="<p>Own</p>").pk, AT)

    assert mailoutbox[0].alternatives[0][0] == "<p>Own</p>"


@pytest.mark.django_db
def test_a_mail_is_sent_once(mailoutbox):
    notice = posted()

    assert (notices.send(notice.pk, AT), notices.send(notice.pk, AT + DAY)) == (True, False)
    assert len(mailoutbox) == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends(outage):
    notice = posted()

    outcomes = together(*[lambda: notices.send(notice.pk, AT)] * 8)

    assert sorted(outcomes) == [False] * 7 + [True]
    assert Outage.asked == 1


@pytest.mark.django_db
def test_a_mail_whose_worker_died_is_sent_again_with_the_same_message_id(mailoutbox):
    notice = posted()
    notices.send(notice.pk, AT)
    # As a crash leaves it: handed to the server, not noted.
    Notice.objects.filter(pk=notice.pk).update(sent_at=None, next_try_at=AT, claim_ends_at=AT + notices.LEASE)

    early = notices.send(notice.pk, AT + notices.LEASE - MINUTE)
    late = notices.send(notice.pk, AT + notices.LEASE)

    assert (early, late) == (False, True)
    assert [mail.message()["Message-ID"] for mail in mailoutbox] == [notice.message_id] * 2


@pytest.mark.django_db
def test_the_message_id_names_the_bodys_domain_and_not_this_machine(settings):
    settings.DEFAULT_FROM_EMAIL = "Stipple <office@stipple.example>"

    assert posted().message_id.endswith("@stipple.example>")


@pytest.mark.django_db
def test_a_secret_text_is_forgotten_once_it_is_sent(mailoutbox):
    notice = posted(text="https://stipple.example/secret", html="<p>secret</p>", forget_text=True)

    notices.send(notice.pk, AT)

    notice.refresh_from_db()
    assert (notice.text, notice.html, notice.sent_at) == ("", "", AT)
    assert "https://stipple.example/secret" in mailoutbox[0].body


@pytest.mark.django_db
def test_a_secret_text_is_kept_while_it_is_unsent(outage):
    notice = posted(forget_text=True)
    outage(ConnectionRefusedError())

    notices.send(notice.pk, AT)

    notice.refresh_from_db()
    assert notice.text == "Your result is there."


# Failing


@pytest.mark.django_db
def test_a_failed_mail_waits_twice_as_long_each_time_up_to_six_hours(outage):
    notice, at, waits = posted(), AT, []
    outage(ConnectionRefusedError())

    for _ in range(11):
        notices.send(notice.pk, at)
        notice.refresh_from_db()
        waits.append((notice.next_try_at - at) / MINUTE)
        at = notice.next_try_at

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


@pytest.mark.django_db
def test_a_mail_that_failed_goes_out_when_the_server_is_back(outage, mailoutbox):
    notice = posted()
    outage(ConnectionRefusedError())
    notices.send(notice.pk, AT)
    outage(None)

    assert notices.send(notice.pk, AT + MINUTE) is True
    notice.refresh_from_db()
    assert (notice.attempts, notice.last_error, notice.sent_at) == (2, "", AT + MINUTE)


@pytest.mark.django_db
def test_a_mail_that_keeps_failing_is_shown_and_never_given_up_silently(outage, mailoutbox):
    notice, at = posted(), AT
    outage(ConnectionRefusedError())
    failing = []
    for _ in range(LAST_ATTEMPT):
        notices.send(notice.pk, at)
        failing.append(Notice.objects.failing().exists())
        notice.refresh_from_db()
        at = notice.next_try_at or at
    outage(None)

    assert failing == [False] * (FAILING_FROM - 1) + [True] * (LAST_ATTEMPT - FAILING_FROM + 1)
    assert (notice.next_try_at, notice.is_failing) == (None, True)
    assert notices.send(notice.pk, at + 365 * DAY) is False


@pytest.mark.django_db
def test_a_mail_that_was_given_up_is_sent_again_when_somebody_asks(
    outage, mailoutbox, django_capture_on_commit_callbacks
):
    notice = posted()
    Notice.objects.filter(pk=notice.pk).update(attempts=LAST_ATTEMPT, next_try_at=None)

    with django_capture_on_commit_callbacks(execute=True):
        notices.retry(notice, AT)

    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_a_mail_that_was_sent_is_not_sent_again_by_asking(mailoutbox, django_capture_on_commit_callbacks):
    notice = posted()
    notices.send(notice.pk, AT)

    with django_capture_on_commit_callbacks(execute=True):
        notices.retry(notice, AT)

    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_what_is_noted_of_a_failure_names_no_address(outage):
    notice = posted()
    outage(smtplib.SMTPRecipientsRefused({"zoe@example.org": (550, b"zoe@example.org unknown")}))

    notices.send(notice.pk, AT)

    notice.refresh_from_db()
    assert notice.last_error == "SMTPRecipientsRefused"


@pytest.mark.django_db
def test_the_servers_code_is_noted(outage):
    notice = posted()
    outage(smtplib.SMTPDataError(554, b"zoe@example.org refused"))

    notices.send(notice.pk, AT)

    notice.refresh_from_db()
    assert notice.last_error == "SMTPDataError 554"


# Sweeping


@pytest.mark.django_db
def test_a_sweep_sends_everything_that_is_due_and_nothing_else(mailoutbox):
    posted(to="first@example.org")
    posted(to="second@example.org", due_at=AT - DAY)
    posted(to="later@example.org", due_at=AT + MINUTE)

    assert notices.send_due(AT) == 2
    assert [mail.to for mail in mailoutbox] == [["second@example.org"], ["first@example.org"]]


@pytest.mark.django_db
def test_one_refused_address_does_not_hold_up_the_others(outage):
    for number in range(3):
        posted(to=f"person{number}@example.org")
    outage(smtplib.SMTPRecipientsRefused({}))

    notices.send_due(AT)

    assert Outage.asked == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "failure",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPAuthenticationError(535, b""),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_silent_server_is_asked_once_and_the_other_mails_keep_their_attempts(outage, failure):
    for number in range(3):
        posted(to=f"person{number}@example.org")
    outage(failure)

    assert notices.send_due(AT) == 0
    assert Outage.asked == 1
    assert sorted(Notice.objects.values_list("attempts", flat=True)) == [0, 0, 1]


@pytest.mark.django_db
def test_the_schedule_asks_for_one_sweep_however_long_the_worker_is_away(settings):
    settings.TASKS = DATABASE_QUEUE
    posted()

    found = [notices.ask_for_sweep(AT + number * MINUTE) for number in range(3)]

    assert found == [1, 1, 1]
    assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db
def test_the_schedule_asks_for_nothing_when_nothing_is_due(settings):
    settings.TASKS = DATABASE_QUEUE
    posted(due_at=AT + DAY)

    assert notices.ask_for_sweep(AT) == 0
    assert DBTaskResult.objects.count() == 0


@pytest.mark.django_db
def test_mail_is_deleted_a_year_after_it_was_sent(mailoutbox):
    sent, unsent = posted(), posted(to="ada@example.org")
    notices.send(sent.pk, AT)

    assert notices.prune(AT + notices.KEPT) == 0
    assert notices.prune(AT + notices.KEPT + MINUTE) == 1
    assert Notice.objects.get() == unsent


# Persons


@pytest.mark.django_db
def test_a_persons_mail_is_in_their_copy_and_goes_with_their_erasure():
    zoe, officer = UserFactory(email="zoe@example.org"), UserFactory()
    posted(to="zoe@example.org", subject="To the address")
    posted(to="old@example.org", user=zoe, subject="To the person")
    posted(to="ada@example.org", subject="To somebody else")
    section = next(section for section in personal_data.sections() if section.name == "mail")

    assert {row["subject"] for row in section.export(zoe)} == {"To the address", "To the person"}
    section.erase(zoe, actor=officer, at=AT)
    assert Notice.objects.get().subject == "To somebody else"


# What the database refuses


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"sealed_to": ""}, "notice_has_address_and_subject"),
        ({"subject": ""}, "notice_has_address_and_subject"),
        ({"text": ""}, "notice_keeps_its_text_until_sent"),
        ({"sent_at": AT}, "notice_is_sent_once"),
    ],
    ids=["no address", "no subject", "unsent without text", "sent and to be tried again"],
)
def test_the_database_refuses_a_broken_notice(changes, constraint):
    notice = posted()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(**changes)
