"""Words of the trade that a trainee, a trainer and an assessor share: what was done, and what went wrong.

Values and labels are those of ``starter/data/enums.json``; a value is stored and never renamed.
"""

from django.db import models


class TreatmentType(models.TextChoices):
    """What was done. A procedure has exactly one."""

    SHAVED_LOOK = "shaved_look", "Shaved look (full scalp)"
    HAIRLINE = "hairline", "Hairline (receding or redefined)"
    CROWN = "crown", "Crown density"
    DENSITY = "density", "Density in longer hair"
    FUT_SCAR = "fut_scar", "Strip (FUT) scar camouflage"
    FUE_SCAR = "fue_scar", "Dot (FUE) scar camouflage"
    PLUG_SCAR = "plug_scar", "Plug or cobblestone scar camouflage"
    OTHER_SCAR = "other_scar", "Other scalp scar camouflage"
    ALOPECIA_AREATA = "alopecia_areata", "Alopecia areata, totalis or universalis"
    BEARD = "beard", "Beard and facial hair"
    CORRECTION = "correction", "Correction of earlier SMP"


class FaultCode(models.TextChoices):
    """Faults an assessor or a practitioner may name."""

    BLOWOUT = "blowout", "Blow-out / spread dot"
    OVERSIZE = "oversize", "Dots too large"
    TOO_DARK = "too_dark", "Too dark"
    GRID = "grid", "Grid or row pattern"
    PATCHY = "patchy", "Patchy or uneven density"
    HELMET = "helmet", "Solid 'helmet' fill, no dot definition"
    HARD_EDGE = "hard_edge", "Hard or straight hairline"
    LOW_LINE = "low_line", "Hairline too low"
    ASYMMETRY = "asymmetry", "Asymmetry"
    POOR_BLEND = "poor_blend", "Visible join with own hair"
    COLOUR_MISMATCH = "colour_mismatch", "Colour mismatch"
    BLUE_GREEN = "blue_green", "Blue or green shift"
    WARM_SHIFT = "warm_shift", "Red or orange shift"
    EARLY_FADE = "early_fade", "Early fade / low retention"
    OVERWORK = "overwork", "Over-worked skin"
    INTO_SCAR = "into_scar", "Poor hold in scar"
