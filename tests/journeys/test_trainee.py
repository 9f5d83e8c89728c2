"""The trainee's story: sign-up, a lesson, the exam, practice signed off."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from courses import practice
from courses.models import AnswerKey, ExamAttempt
from tests.people import PASSWORD, person
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.days import body_day

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PICTURES = sorted(str(path) for path in (Path(__file__).parent.parent / "files").glob("*.jpg"))[:2]


@pytest.fixture
def trainer():
    return person(Role.TRAINER, legal_name="Tomás Rivera")


def sign_up(tara, mailoutbox) -> User:
    tara.fills(**{"Full legal name": "Tara Novák", "E-mail address": "tara@example.org", "Password": PASSWORD})
    tara.presses("Open account")
    link = re.search(r"https?://\S+/accounts/confirm-email/\S+", mailoutbox[0].body).group()
    tara.goes_to(link)
    tara.presses("Confirm address")
    return User.objects.get(email="tara@example.org")


def answer_everything_right(tara, attempt: ExamAttempt) -> None:
    for put in attempt.questions.select_related("version"):
        for key in AnswerKey.objects.get(version=put.version).correct:
            with tara.page.expect_response(f"**/answers/{put.position}/"):  # It is saved as it is given.
                tara.page.locator(f"#question-{put.position} input[value='{key}']").check()


def test_a_trainee_learns_passes_the_exam_and_has_practice_signed_off(visitor, mailoutbox, trainer):
    call_command("load_starter", verbosity=0)
    tara = visitor("Tara")

    tara.goes_to("/")
    tara.goes_to("/courses/")
    tara.presses("SMP practitioner course")
    tara.presses("Enrol on this course")
    tara.goes_to("/accounts/signup/")
    trainee = sign_up(tara, mailoutbox)
    tara.signs_in("tara@example.org")
    assert trainee.roles == {Role.TRAINEE}

    tara.goes_to("/learn/enrol/smp-practitioner/")
    tara.presses("Enrol on this course")
    tara.reads("0 of 50 lessons finished")
    tara.presses("Begin with How SMP works and its limits")
    tara.presses("Finish and go on: Who seeks it and why")
    tara.goes_to("/learn/")
    tara.reads("1 of 50 lessons finished")

    enrolment = trainee.enrolments.get()
    tara.goes_to(f"/learn/{enrolment.pk}/exam/")
    tara.presses("Start the exam")
    answer_everything_right(tara, ExamAttempt.objects.get())
    tara.page.reload()
    tara.reads("20 of 20 answered")
    tara.presses("Hand in")
    tara.reads("Result of attempt 1")
    assert ExamAttempt.objects.get().passed is True

    practice.begin_training(
        trainer=trainer,
        trainee=trainee,
        started_on=body_day(timezone.now()),
        actor=person(Role.CERTIFICATION_OFFICER),
        reason="Cohort of May.",
    )
    tara.goes_to(f"/learn/{enrolment.pk}/practice/log/?exercise=PX1")
    tara.fills(
        **{"What you did and saw": "Even rows, one spread dot.", "Day": f"{body_day(timezone.now()):%Y-%m-%d}"}
    )
    tara.page.locator("input[type=file]").set_input_files(PICTURES)
    tara.presses("Log practice")
    tara.reads("2 pictures added.")

    tomas = visitor("Tomás")
    tomas.signs_in(trainer.email, second_factor=True)
    tomas.presses("Look at the work")
    tomas.presses("Tara Novák")
    tomas.page.locator("a[href^='/train/entries/']").first.click()
    tomas.looks()
    for point in tomas.page.locator("input[type=checkbox]").all():
        point.check()
    tomas.presses("Sign off")

    tara.goes_to(f"/learn/{enrolment.pk}/practice/")
    tara.reads("Signed off")
