"""One-time and reusable links."""

import datetime as dt
import hashlib

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from tests.together import together
from training_site.common import links
from training_site.common.models import Link

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
VALID_FOR = dt.timedelta(days=14)
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)


def issued(**changes):
    return links.issue(**({"purpose": "consent", "subject": None, "valid_for": VALID_FOR, "at": AT} | changes))


@pytest.mark.django_db
def test_a_link_is_found_by_its_token():
    subject = Group.objects.create(name="readers")
    link, token = issued(subject=subject, email="zoe@example.org")

    found = links.find(token, "consent", AT)

    assert (found, found.subject, found.email) == (link, subject, "zoe@example.org")


@pytest.mark.django_db
def test_the_token_cannot_be_read_from_the_database():
    link, token = issued(email="zoe@example.org")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM common_link")
        row = str(cursor.fetchall())
    assert token not in row
    assert "zoe" not in row
    assert link.token_hash == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.django_db
def test_a_token_holds_32_random_bytes():
    tokens = {issued()[1] for _ in range(3)}

    assert [len(token) for token in tokens] == [43, 43, 43]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "opens"),
    [(AT, True), (AT + VALID_FOR - SECOND, True), (AT + VALID_FOR, False)],
    ids=["at once", "last second", "its end"],
)
def test_a_link_opens_until_it_ends(at, opens):
    _, token = issued()

    assert (links.find(token, "consent", at) is not None) is opens


@pytest.mark.django_db
def test_a_link_opens_nothing_else():
    _, token = issued(purpose="consent")

    assert links.find(token, "invitation", AT) is None
    with pytest.raises(links.LinkRefused, match="not known"):
        links.look_up(token, "invitation", AT)


@pytest.mark.django_db
def test_a_one_time_link_works_once():
    link, token = issued()

    links.use(link, AT)

    assert (link.uses, link.used_at) == (1, AT)
    assert links.find(token, "consent", AT) is None
    with pytest.raises(
        links.LinkUsed, match=r"^This link was used on 3 May 2026\. It works once; ask for a new one\.$"
    ):
        links.use(link, AT + DAY)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_who_follow_a_link_at_once_one_wins():
    link, _ = issued()

    def follow():
        with transaction.atomic():
            links.use(Link.objects.get(pk=link.pk), AT)
        return "won"

    outcomes = together(*[follow] * 8)

    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["LinkUsed"] * 7 + ["str"]
    link.refresh_from_db()
    assert link.uses == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_use_that_is_rolled_back_leaves_the_link_unused():
    link, token = issued()

    with transaction.atomic():
        links.use(link, AT)
        transaction.set_rollback(True)

    assert links.find(token, "consent", AT) == link


@pytest.mark.django_db
def test_a_reusable_link_works_until_it_is_revoked():
    link, token = issued(reusable=True)
    links.use(link, AT)
    links.use(link, AT + DAY)

    assert (link.uses, link.used_at) == (2, AT + DAY)
    assert links.find(token, "consent", AT + DAY) == link

    links.revoke(link, AT + DAY)

    assert links.find(token, "consent", AT + DAY) is None
    with pytest.raises(links.LinkRefused, match=r"^This link was withdrawn on 4 May 2026\.$"):
        links.use(link, AT + DAY)


@pytest.mark.django_db
def test_a_link_that_is_revoked_again_keeps_its_first_time():
    link, _ = issued()

    links.revoke(link, AT)
    links.revoke(link, AT + DAY)

    assert link.revoked_at == AT


@pytest.mark.django_db
def test_all_links_of_a_purpose_to_one_row_are_revoked_and_no_others():
    mine, other = Group.objects.create(name="mine"), Group.objects.create(name="other")
    issued(subject=mine), issued(subject=mine)
    kept = {issued(subject=other)[0], issued(subject=mine, purpose="review")[0]}

    assert links.revoke_all(purpose="consent", subject=mine, at=AT) == 2
    assert set(Link.objects.alive(at=AT)) == kept


@pytest.mark.django_db
def test_a_link_that_ended_says_when():
    link, token = issued()

    with pytest.raises(links.LinkRefused, match=r"^This link ended on 17 May 2026\. Ask for a new one\.$"):
        links.look_up(token, "consent", AT + VALID_FOR)
    with pytest.raises(links.LinkRefused, match="ended"):
        links.use(link, AT + VALID_FOR)


@pytest.mark.django_db
@pytest.mark.parametrize("reusable", [False, True], ids=["one-time, unused", "reusable, used before"])
def test_a_link_that_works_is_looked_up_without_a_word(reusable):
    link, token = issued(reusable=reusable)
    if reusable:
        links.use(link, AT)

    assert links.look_up(token, "consent", AT) == link


@pytest.mark.django_db
def test_links_are_deleted_three_months_after_they_ended_or_were_revoked():
    issued()
    revoked, _ = issued(valid_for=10 * VALID_FOR)
    links.revoke(revoked, AT)
    alive, _ = issued(valid_for=100 * VALID_FOR)

    assert links.prune(AT + links.KEPT) == 0
    assert links.prune(AT + links.KEPT + SECOND) == 1
    assert links.prune(AT + VALID_FOR + links.KEPT + SECOND) == 1
    assert Link.objects.get() == alive


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"expires_at": AT}, "link_ends_after_it_begins"),
        ({"object_id": "7"}, "link_names_its_subject_fully"),
        ({"uses": 1}, "link_use_has_a_time"),
        ({"used_at": AT}, "link_use_has_a_time"),
        ({"uses": 2, "used_at": AT}, "link_works_once"),
    ],
    ids=["ends as it begins", "row without table", "use without time", "time without use", "used twice"],
)
def test_the_database_refuses_a_broken_link(changes, constraint):
    link, _ = issued()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Link.objects.filter(pk=link.pk).update(**changes)
