"""Words of clients, visits, photographs and consents that are stored."""

from __future__ import annotations

import enum

from django.db import models


class Scale(models.TextChoices):
    """Which scale describes the loss."""

    NORWOOD = "norwood", "Norwood–Hamilton"
    LUDWIG = "ludwig", "Ludwig"
    SINCLAIR = "sinclair", "Sinclair"
    AREATA_EXTENT = "areata_extent", "Alopecia areata extent"
    NONE = "none", "Not applicable (scar or beard only)"


STAGES_OF: dict[str, dict[str, str]] = {
    Scale.NORWOOD: {
        "I": "Norwood I – no recession",
        "II": "Norwood II – slight temple recession",
        "IIA": "Norwood IIA – front edge recession variant",
        "III": "Norwood III – deep temple recession",
        "IIIA": "Norwood IIIA – front edge variant",
        "IIIV": "Norwood III vertex – mainly crown",
        "IV": "Norwood IV – temples and crown, firm band between",
        "IVA": "Norwood IVA – front-to-back variant",
        "V": "Norwood V – band narrow and sparse",
        "VA": "Norwood VA – front-to-back variant",
        "VI": "Norwood VI – band gone",
        "VII": "Norwood VII – horseshoe only",
    },
    Scale.LUDWIG: {
        "1": "Ludwig I – mild crown thinning, front line kept",
        "2": "Ludwig II – marked crown thinning",
        "3": "Ludwig III – crown almost bare, front line kept",
    },
    Scale.SINCLAIR: {
        "1": "Sinclair 1 – normal parting",
        "2": "Sinclair 2 – parting widened",
        "3": "Sinclair 3 – parting widened, thinner beside it",
        "4": "Sinclair 4 – bare area towards the front",
        "5": "Sinclair 5 – advanced loss",
    },
    Scale.AREATA_EXTENT: {
        "patch_single": "Single patch",
        "patch_multiple": "Several patches",
        "ophiasis": "Band around the back and sides (ophiasis)",
        "totalis": "Whole scalp (totalis)",
        "universalis": "Whole body (universalis)",
    },
    Scale.NONE: {},
}
"""The stages of each scale: stored value and label."""


class Fitzpatrick(models.TextChoices):
    """Skin type by reaction to sun."""

    I = "1", "I – always burns, never tans"  # noqa: E741 – its name.
    II = "2", "II – usually burns, tans little"
    III = "3", "III – sometimes burns, tans evenly"
    IV = "4", "IV – rarely burns, tans well"
    V = "5", "V – very rarely burns, brown skin"
    VI = "6", "VI – does not burn, deeply pigmented skin"


class SkinBand(enum.StrEnum):
    """Derived from the Fitzpatrick type."""

    LIGHT = "light"
    MEDIUM = "medium"
    DARK = "dark"

    @property
    def label(self) -> str:
        return {"light": "Light (I–II)", "medium": "Medium (III–IV)", "dark": "Dark (V–VI)"}[self.value]


def skin_band(fitzpatrick: str) -> SkinBand:
    """The band of a Fitzpatrick type: I–II light, III–IV medium, V–VI dark."""
    return {1: SkinBand.LIGHT, 2: SkinBand.MEDIUM, 3: SkinBand.DARK}[(int(fitzpatrick) + 1) // 2]


class AgeBand(models.TextChoices):
    """Age at the first visit. The birth date of a client is never stored."""

    FROM_18 = "18_24", "18–24"
    FROM_25 = "25_34", "25–34"
    FROM_35 = "35_44", "35–44"
    FROM_45 = "45_54", "45–54"
    FROM_55 = "55_64", "55–64"
    FROM_65 = "65_plus", "65 or over"


class ClientSex(models.TextChoices):
    """As the client states it; used only to read the hair-loss scales."""

    WOMAN = "woman", "Woman"
    MAN = "man", "Man"
    UNSTATED = "unstated", "Other or not stated"


class VisitKind(models.TextChoices):
    """Kind of visit (``SessionKind``)."""

    CONSULTATION = "consultation", "Consultation"
    PATCH_TEST = "patch_test", "Patch test"
    TEST_AREA = "test_area", "Test area"
    SESSION = "session", "Treatment session"
    HEALED_REVIEW = "healed_review", "Healed review"
    TOUCH_UP = "touch_up", "Touch-up"


IMPLANTING = frozenset({VisitKind.TEST_AREA, VisitKind.SESSION, VisitKind.TOUCH_UP})
"""Visits at which pigment is implanted."""

TREATING = frozenset({VisitKind.SESSION, VisitKind.TOUCH_UP})
"""Visits from which healing counts; the last of them is the case's last session."""


class Needle(models.TextChoices):
    """Cartridge grouping noted in the session log."""

    SINGLE = "single", "Single-point"
    THREE = "three", "Three-point"
    OTHER = "other", "Other (say which)"


class ScreenOutcome(models.TextChoices):
    """Result of the health screen, the best first: the worst answer wins."""

    CLEAR = "clear", "Clear to treat"
    ADAPT = "adapt", "Treat with adapted plan"
    CLEARANCE = "clearance", "Medical clearance needed first"
    POSTPONE = "postpone", "Postpone"
    DECLINE = "decline", "Do not treat"

    @property
    def rank(self) -> int:
        """1 (clear) to 5 (do not treat)."""
        return list(ScreenOutcome).index(self) + 1


class TreatedUnder(models.TextChoices):
    """What the practitioner decided on the screen's outcome: the decision is recorded as it was, and marked."""

    CLEAR = "clear", "Treated as planned"
    ADAPT = "adapt", "Treated with an adapted plan"
    CLEARANCE = "clearance", "Treated on a written clearance"


class PhotoStage(models.TextChoices):
    """When a photograph was taken."""

    RECORD = "record", "Record of the work place"
    BEFORE = "before", "Before"
    DESIGN = "design", "Hairline design drawn"
    IMMEDIATE = "immediate", "Immediately after the session"
    HEALED = "healed", "Healed (28 days or more after the last session or touch-up)"
    LONG_TERM = "long_term", "Long-term healed (180 days or more)"

    @property
    def short(self) -> str:
        """The label without what stands in brackets."""
        return self.label.partition(" (")[0]


HEALED_STAGES = frozenset({PhotoStage.HEALED, PhotoStage.LONG_TERM})
"""Stages marked when the skin has healed; all others are marked with the procedure."""


class PhotoView(models.TextChoices):
    """What the photograph shows."""

    FRONT = "front", "Front, neutral"
    LEFT45 = "left45", "Left three-quarter"
    RIGHT45 = "right45", "Right three-quarter"
    LEFT = "left", "Left profile"
    RIGHT = "right", "Right profile"
    TOP = "top", "Top, chin down"
    BACK = "back", "Back / crown"
    AREA = "area", "Whole treated area"
    CLOSE = "close", "Close-up with scale"
    SETUP = "setup", "Work place set up"
    TEARDOWN = "teardown", "Work place after tear-down"
    LABELS = "labels", "Cartridge and pigment labels with batch and expiry"


RECORD_VIEWS = frozenset({PhotoView.SETUP, PhotoView.TEARDOWN, PhotoView.LABELS})
"""Views of the work place: no person is in them, so no client is asked."""


def views_of(stage: str) -> list[PhotoView]:
    """The views that exist in a stage, in their usual order."""
    return [view for view in PhotoView if (view in RECORD_VIEWS) is (stage == PhotoStage.RECORD)]


class ConsentPurpose(models.TextChoices):
    """What a client lets a photograph be used for, ticked one by one."""

    ASSESSMENT = "assessment", "Assessment of my practitioner"
    PROFILE = "profile", "On my practitioner's page in the register"
    TEACHING = "teaching", "Teaching of trainees"
    TRAINING_ASSESSORS = "training_assessors", "Training of assessors"
