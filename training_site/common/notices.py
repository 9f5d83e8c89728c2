"""The outbox: mail that is certain to go out once its reason is certain.

``post`` writes a row in the caller's transaction; if that rolls back, there is no mail. The worker sends it
right after the commit; a ``tick`` step finds whatever was missed, whose sending failed, or that falls due
later. A crash between handing a mail to the server and noting it may send it twice, but always with the same
Message-ID, so that mail programs show it once.
"""

import datetime as dt
import logging
from email.utils import make_msgid, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import models
from django.db.models import F, Q
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.text import Truncator
from django_tasks import task

from training_site.common import personal_data, tasks, tick
from training_site.common.models import Notice
from training_site.common.models.notices import LAST_ATTEMPT, digest_of

logger = logging.getLogger(__name__)

# Longer than a mail server may keep us waiting (EMAIL_TIMEOUT), so that two workers never send at once.
LEASE = dt.timedelta(minutes=5)
FIRST_RETRY = dt.timedelta(minutes=1)
LONGEST_WAIT = dt.timedelta(hours=6)
# One sweep sends so many at most: other work waits behind it.
SWEEP = 100
KEPT = dt.timedelta(days=365)
# Stands for a line break of the context while a template is rendered: nobody types it.
BREAK = "\ue000"
# Failures that say nothing of the next mail; any other OSError means that the server cannot be used now.
ABOUT_ONE_MAIL = (SMTPRecipientsRefused, SMTPDataError)


class ServerDown(Exception):
    """The mail server does not answer, or does not take mail from us."""


def post(
    *,
    to: str,
    subject: str,
    text: str,
    kind: str,
    html: str = "",
    user: AbstractBaseUser | None = None,
    due_at: dt.datetime | None = None,
    forget_text: bool = False,
    key: str | None = None,
) -> Notice:
    """Put one mail into the outbox, within the caller's transaction.

    ``kind`` names the occasion (``invitation``); ``due_at`` None = now. ``html`` is made from ``text`` when
    empty. ``forget_text`` empties both once the mail is sent: for links that open something, and for clients.
    ``user`` is whose copy of personal data shows it, and whose erasure removes it. With ``key`` the same mail
    is posted once: a second call returns the first row unchanged.
    Raises ValidationError for an address that is none.
    """
    validate_email(to)
    values = {
        "kind": kind,
        "to": to,
        "user": user,
        # A line break in a subject would begin another header.
        "subject": Truncator(" ".join(subject.split())).chars(200),
        "text": text,
        "html": html,
        "forget_text": forget_text,
        "message_id": make_msgid(domain=parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]),
        "next_try_at": due_at or timezone.now(),
    }
    if key is None:
        notice, is_new = Notice.objects.create(**values), True
    else:
        notice, is_new = Notice.objects.get_or_create(key=key, defaults=values)
    if is_new and due_at is None:
        tasks.enqueue(deliver, notice.pk)
    return notice


def post_template(
    template: str,
    context: dict[str, Any],
    *,
    to: str,
    kind: str = "",
    user: AbstractBaseUser | None = None,
    due_at: dt.datetime | None = None,
    forget_text: bool = False,
    key: str | None = None,
) -> Notice:
    """Post ``templates/emails/<template>.txt``: its first line is the subject, the rest the text.

    The text is plain, so nothing is escaped; a line break in the context never ends the subject. Besides
    ``context`` it may use ``site_name``, ``body_email`` and ``base_url``. ``kind`` is the template's name unless
    said otherwise; the rest is as for ``post``.
    """
    site = {"site_name": settings.BODY_NAME, "body_email": settings.BODY_EMAIL, "base_url": settings.BASE_URL}
    held = {key: _held(value) for key, value in {**site, **context}.items()}
    subject, _, text = _plain(f"emails/{template}.txt", held).strip().partition("\n")
    return post(
        to=to,
        subject=subject.replace(BREAK, "\n"),
        text=text.replace(BREAK, "\n").strip(),
        kind=kind or template,
        user=user,
        due_at=due_at,
        forget_text=forget_text,
        key=key,
    )


def send(notice_id: int, at: dt.datetime) -> bool:
    """Send one mail if it is due and nobody else is sending it. Returns whether it went out.

    A failure is noted and tried again later: after one minute, then after twice as long each time, up to six
    hours. After ``LAST_ATTEMPT`` it stays in ``Notice.objects.failing()`` until somebody calls ``retry``.
    """
    try:
        return _send(notice_id, at=at)
    except ServerDown:
        return False


def retry(notice: Notice, at: dt.datetime) -> None:
    """Try an unsent mail again now, with all its attempts before it; for whoever repaired the cause."""
    if Notice.objects.filter(pk=notice.pk, sent_at=None).update(attempts=0, next_try_at=at, claim_ends_at=None):
        tasks.enqueue(deliver, notice.pk)


def send_due(at: dt.datetime) -> int:
    """Send up to ``SWEEP`` mails that are due. Returns how many went out.

    Stops when the mail server does not answer: one mail is enough to know, the others keep their attempts.
    """
    sent = 0
    for notice_id in list(Notice.objects.due(at=at).values_list("pk", flat=True)[:SWEEP]):
        try:
            sent += _send(notice_id, at=at)
        except ServerDown:
            break
    return sent


@task
def deliver(notice_id: int) -> None:
    """Send one mail that was just posted."""
    send(notice_id, timezone.now())


@task
def deliver_due() -> None:
    """Send what waits: retries, reminders, and whatever a dead worker left."""
    send_due(timezone.now())


@tick.step("send mail that is due", every=dt.timedelta(minutes=1))
def ask_for_sweep(at: dt.datetime) -> int:
    """Ask the worker for a sweep when mail is due and none is asked for. Returns how many mails wait."""
    waiting = Notice.objects.due(at=at).count()
    if waiting and not tasks.is_waiting(deliver_due):
        tasks.enqueue(deliver_due)
    return waiting


@tick.step("delete old mail", every=dt.timedelta(days=1))
def prune(at: dt.datetime) -> int:
    """Delete mail that was sent longer than ``KEPT`` ago. Returns how many."""
    deleted, _ = Notice.objects.filter(sent_at__lt=at - KEPT).delete()
    return deleted


def of_person(user: AbstractBaseUser) -> models.QuerySet[Notice]:
    """Mail posted for a person or to the address of their account."""
    address: str = getattr(user, user.get_email_field_name())
    return Notice.objects.filter(Q(user=user) | Q(address_digest=digest_of(address)))


def _send(notice_id: int, *, at: dt.datetime) -> bool:
    claimed = Notice.objects.due(at=at).filter(pk=notice_id).order_by()
    if not claimed.update(claim_ends_at=at + LEASE, attempts=F("attempts") + 1):
        return False
    notice = Notice.objects.get(pk=notice_id)
    try:
        _message(notice).send()
    except Exception as failure:
        _note_failure(notice, failure, at=at)
        if isinstance(failure, OSError) and not isinstance(failure, ABOUT_ONE_MAIL):
            raise ServerDown from failure
        return False
    _note_sent(notice, at=at)
    return True


def _message(notice: Notice) -> EmailMultiAlternatives:
    context = {"notice": notice, "site_name": settings.BODY_NAME, "body_email": settings.BODY_EMAIL}
    message = EmailMultiAlternatives(
        subject=notice.subject,
        body=_plain("emails/notice.txt", context),
        to=[notice.to],
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(notice.html or render_to_string("emails/notice.html", context), "text/html")
    return message


def _held(value: Any) -> Any:
    return value.replace("\n", BREAK) if isinstance(value, str) else value


def _plain(template_name: str, context: dict[str, Any]) -> str:
    # Escaping is for HTML: in a plain text it would print &#x27; for an apostrophe.
    template: Template = get_template(template_name).template  # type: ignore[attr-defined]
    return template.render(Context(context, autoescape=False))


def _note_sent(notice: Notice, *, at: dt.datetime) -> None:
    changes: dict[str, Any] = {"sent_at": at, "next_try_at": None, "claim_ends_at": None, "last_error": ""}
    if notice.forget_text:
        changes |= {"text": "", "html": ""}
    Notice.objects.filter(pk=notice.pk, sent_at=None).update(**changes)


def _note_failure(notice: Notice, failure: Exception, *, at: dt.datetime) -> None:
    # The text of a failure may hold the address; its kind and the server's code do not.
    error = f"{type(failure).__name__} {getattr(failure, 'smtp_code', '')}".strip()
    wait = min(FIRST_RETRY * 2 ** (notice.attempts - 1), LONGEST_WAIT)
    next_try_at = at + wait if notice.attempts < LAST_ATTEMPT else None
    logger.warning("Notice %s was not sent, attempt %s: %s", notice.pk, notice.attempts, error)
    # Another worker may have taken over after the lease: what it noted stays.
    Notice.objects.filter(pk=notice.pk, sent_at=None, attempts=notice.attempts).update(
        next_try_at=next_try_at, claim_ends_at=None, last_error=error
    )


def _export(user: AbstractBaseUser) -> list[dict[str, Any]]:
    fields = ("to", "posted_at", "sent_at", "kind", "subject", "text")
    return [{name: getattr(notice, name) for name in fields} for notice in of_person(user)]


def _erase(user: AbstractBaseUser, *, actor: AbstractBaseUser, at: dt.datetime) -> None:
    of_person(user).delete()


personal_data.register(
    "mail", export=_export, erase=_erase, note="Mail sent to you. Erasure deletes our copies of it."
)
personal_data.describe(
    Notice,
    what="Address (sealed), subject and text of mail sent to a person",
    why="So that no mail is lost, and to show later that it was sent",
    kept="One year after it was sent; the text of links, and of mail to clients, only until it is sent",
)
