"""What each component is shown with on the style guide."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.templatetags.static import static

MAREN = "Maren Okafor"
NUMBER = "SMP-7F2Q-K4T"
# A slot's form carries a token; on this page nothing is sent.
TOKEN = "shown-only-here"  # noqa: S105
LICENCE_TOO_SHORT = "Enter the number as printed. “4512” is too short for Sacramento County."


class SampleForm(forms.Form):
    """One field of every kind that our forms use."""

    name = forms.CharField(label="Full legal name", help_text="As on your identity document.")
    licence = forms.CharField(label="Licence number", min_length=6)
    issuer = forms.ChoiceField(label="Who issued it", choices=[("", "Choose one"), ("sac", "Sacramento County")])
    ends_on = forms.DateField(label="Last valid day", widget=forms.DateInput(attrs={"type": "date"}))
    scope = forms.ChoiceField(
        label="What it covers",
        choices=[("person", "The person"), ("premises", "The premises")],
        widget=forms.RadioSelect,
    )
    treatments = forms.MultipleChoiceField(
        label="Treatments",
        required=False,
        choices=[("hairline", "Hairline"), ("scar", "Strip (FUT) scar camouflage")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose all that the licence names.",
    )
    scan = forms.FileField(label="Scan", help_text="PDF, JPEG or PNG, up to 10 MB.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    unaltered = forms.BooleanField(label="The licence is mine and unaltered")

    ANSWERS: ClassVar[dict[str, str]] = {"sent-name": MAREN, "sent-licence": "4512", "sent-issuer": "sac"}


def sent_form() -> SampleForm:
    """A form that came back with errors."""
    return SampleForm(SampleForm.ANSWERS, prefix="sent")


def drawing(name: str, alt: str = "", *, tall: bool = False) -> dict[str, Any]:
    """One of the drawn photographs; ``tall`` ones are 288 by 360 pixels, others 640 by 480."""
    width, height = (288, 360) if tall else (640, 480)
    return {"url": static(f"stipple/img/drawings/{name}.webp"), "width": width, "height": height, "alt": alt}


def samples() -> dict[str, list[dict[str, Any]]]:
    """Component name → the contexts it is shown with; together they use each of its inputs."""
    return {**what_is_known(), **photographs(), **form_parts(), **page_parts()}


def what_is_known() -> dict[str, list[dict[str, Any]]]:
    return {
        "mark": [
            {"tone": "good", "word": "Verified at source"},
            {"tone": "caution", "word": "Expires soon"},
            {"tone": "stop", "word": "Expired"},
            {"tone": "wait", "word": "Being checked at the source"},
        ],
        "standing": [
            {
                "tone": "good",
                "word": "Certified",
                "sentence": f"{MAREN} holds SMP certification {NUMBER}. "
                "It is in force until 21 November 2028 and has no conditions.",
                "checked_at": dt.datetime(2026, 11, 23, 9, 14, tzinfo=dt.UTC),
            },
            {
                "tone": "caution",
                "word": "Suspended while we investigate",
                "sentence": f"Certification {NUMBER} has been suspended since 4 November 2026 "
                "while we look into a concern. No finding has been made.",
            },
            {
                "tone": "stop",
                "word": "Suspended",
                "sentence": f"Certification {NUMBER} is suspended from 4 November 2026 until further notice. "
                "Reason: the premises licence was withdrawn by the county.",
            },
            {
                "tone": "wait",
                "word": "Expired",
                "sentence": f"Certification {NUMBER} ended on 2 March 2026. {MAREN} is not certified by us today.",
            },
        ],
        "checks": [
            {
                "caption": f"What we checked for {MAREN}",
                "rows": [
                    {
                        "requirement": "Body art registration",
                        "issuer": "Sacramento County",
                        "tone": "good",
                        "state": "Verified at source",
                        "how": "Confirmed on 3 May 2026 from the issuer’s register",
                        "next_check": dt.date(2027, 5, 3),
                    },
                    {
                        "requirement": "Insurance",
                        "issuer": "Coastline Mutual",
                        "tone": "stop",
                        "state": "Expired",
                        "how": "Ended on 7 June 2026",
                        "next_check": None,
                    },
                    {
                        "requirement": "Health permit, premises",
                        "issuer": "Yolo County",
                        "tone": "wait",
                        "state": "Being checked at the source",
                        "how": "Asked on 20 November 2026",
                        "next_check": dt.date(2026, 12, 4),
                    },
                ],
            }
        ],
        "obstacle": [
            {
                "tone": "stop",
                "title": "Insurance in date",
                "reason": "Your insurance does not name SMP.",
                "fix": "Upload the current schedule.",
                "action": "Upload schedule",
                "url": "#obstacle",
            },
            {
                "tone": "caution",
                "title": "Lasting results",
                "reason": "Add long-term photos: clients look for them.",
                "fix": "Invite two clients back. This does not stop your listing.",
                "action": "Invite clients",
                "url": "#obstacle",
            },
        ],
        "timeline": [
            {
                "entries": [
                    {"date": dt.date(2026, 11, 4), "sentence": "Suspended until further notice."},
                    {"date": dt.date(2025, 2, 18), "sentence": "Certified."},
                ]
            }
        ],
        "work_row": [
            {
                "reference": "K-7F2Q",
                "title": "Shaved look · Norwood V · skin medium",
                "tone": "stop",
                "due": "Due yesterday",
                "action": "Mark",
                "url": "#work_row",
            },
            {"reference": "K-81XB", "title": "Strip scar · skin light", "action": "Mark", "url": "#work_row"},
        ],
        "checklist": [
            {
                "title": "Before you hand in",
                "items": [
                    {"label": "Theory exam", "done": True, "note": "Passed on 30 October 2026"},
                    {"label": "Six live procedures", "done": False, "note": "4 of 6 signed off"},
                ],
            },
            {"items": ["Gloves", "A second light"]},
        ],
        "facts": [
            {
                "rows": [
                    {"term": "Holder", "value": MAREN, "url": "#facts"},
                    {"term": "In force until", "value": "21 November 2028"},
                ]
            }
        ],
        "dots": [
            {"value": 0, "max": 20, "label": "Not begun"},
            {"value": 9, "max": 20, "label": "9 of 20 lessons", "text": "9 of 20 lessons"},
            {"value": 20, "max": 20, "label": "All 20 lessons"},
        ],
    }


def photographs() -> dict[str, list[dict[str, Any]]]:
    before = drawing("nw5-medium-left45-before", "Left three-quarter, before: drawing")
    fresh = drawing("nw5-medium-left45-immediate", "Left three-quarter, immediately after: drawing")
    healed = drawing("nw5-medium-left45-healed", "Left three-quarter, healed: drawing")
    notes = [
        {"number": 1, "x": 37, "y": 24, "pressed": False, "text": "slight clumping"},
        {"number": 2, "x": 62, "y": 30.5, "pressed": True, "text": "even hold"},
    ]
    return {
        "slot": [
            {
                "state": "empty",
                "view": "Front, neutral",
                "hint": "1,600 pixels or larger",
                "upload_url": "#slot",
                "name": "photo",
                "accept": "image/jpeg,image/heic",
                "csrf_token": TOKEN,
            },
            {
                "state": "uploading",
                "view": "Left three-quarter",
                "image": drawing("case-left45-immediate", tall=True),
                "progress": 62,
            },
            {
                "state": "refused",
                "view": "Right three-quarter",
                "image": drawing("case-right45-design", tall=True),
                "reason": "1,180 pixels wide; 1,600 needed. Send the camera’s own file.",
                "upload_url": "#slot",
                "csrf_token": TOKEN,
            },
            {
                "state": "accepted",
                "view": "Top, chin down",
                "image": drawing("case-top-before", tall=True),
            },
        ],
        "photo": [
            {
                "image": healed,
                "tag": "Healed",
                "stage": "Healed, 35 days",
                "caption": "Shaved look (full scalp) · Norwood V · skin medium",
                "pins": notes,
            },
            {"image": drawing("case-top-before", "Top, chin down: drawing", tall=True), "tall": True},
        ],
        "pin": notes,
        "strip": [
            {
                "label": "Left three-quarter by stage",
                "photos": [
                    {"image": before, "stage": "Before", "when": "3 February 2026"},
                    {"image": fresh, "stage": "Immediately after", "when": "10 March 2026"},
                    {"image": healed, "stage": "Healed", "when": "14 April 2026, 35 days"},
                ],
            }
        ],
        "compare": [
            {
                "before": before,
                "after": healed,
                "before_label": "Before",
                "after_label": "Healed, 35 days",
                "subject": "Shaved look, Norwood V",
            }
        ],
        "map": [
            {
                "label": "Map of the first three results",
                "rings": [12, 24],
                "points": [
                    {"number": 1, "name": f"{MAREN}, Sacramento", "x": 52, "y": 44, "url": "#map"},
                    {"number": 2, "name": "Tomas Lindqvist, Davis", "x": 33.5, "y": 58, "url": "#map"},
                    {"number": 3, "name": "Adaeze Brandt, Roseville", "x": 68, "y": 24, "url": "#map"},
                ],
                "names": [{"x": 33.5, "y": 74, "text": "Davis"}, {"x": 50, "y": 94, "text": "25 km"}],
            }
        ],
    }


def form_parts() -> dict[str, list[dict[str, Any]]]:
    described_by = {
        "id": "by-hand",
        "aria-describedby": "by-hand_helptext by-hand_error",
        "aria-invalid": "true",
    }
    return {
        "form": [{**sent_form().get_context(), "focus": False}],
        "form_errors": [{"form": sent_form(), "focus": False}],
        "form_field": [{"field": SampleForm(prefix="alone")["name"], "label": "Your name"}],
        "field": [
            {
                "id": "by-hand",
                "label": "Licence number",
                "hint": "As printed, for example BA-004512",
                "error": LICENCE_TOO_SHORT,
                "widget": forms.TextInput().render("licence", "4512", described_by),
            }
        ],
        "filter": [
            {
                "legend": "Skin band",
                "name": "skin",
                "options": [
                    {"value": "light", "label": "Light (I–II)", "count": 10, "checked": False},
                    {"value": "medium", "label": "Medium (III–IV)", "count": 9, "checked": True},
                    {"value": "dark", "label": "Dark (V–VI)", "count": 0, "checked": False},
                ],
            }
        ],
        "rubric": [
            {
                "criterion": "Dot size and definition",
                "name": "level",
                "chosen": 3,
                "levels": [
                    {"number": 0, "label": "Unsafe or absent", "descriptor": "Blots or lines, not dots"},
                    {"number": 1, "label": "Below standard", "descriptor": "Many larger than follicles"},
                    {
                        "number": 2,
                        "label": "Meets the standard",
                        "descriptor": "Round, separate, few oversize",
                    },
                    {"number": 3, "label": "Good", "descriptor": "Consistent; smaller at the leading edge"},
                    {"number": 4, "label": "Excellent", "descriptor": "Like clipped follicles at 20 cm"},
                ],
            }
        ],
    }


def page_parts() -> dict[str, list[dict[str, Any]]]:
    return {
        "notice": [
            {"tone": "good", "title": "Case handed in", "sentence": "Two assessors will mark it."},
            {"tone": "wait", "title": "We are asking the county", "sentence": "We write when it answers."},
            {
                "tone": "caution",
                "title": "Insurance ends on 7 December 2026",
                "sentence": "Upload the new one now; if it is not confirmed by then your listing pauses.",
            },
            {"tone": "stop", "title": "The photo was not kept", "sentence": "Your other photos are safe."},
        ],
        "messages": [
            {
                "messages": [
                    Message(constants.SUCCESS, "Case handed in."),
                    Message(constants.ERROR, "Nothing was sent: the session log is missing."),
                ]
            }
        ],
        "callout": [
            {"kind": "danger", "title": "One dot too deep spreads", "body": "Stop, and ease the pressure."},
            {"kind": "law", "title": "California", "body": "The client signs before the first session."},
            {"kind": "tip", "body": "Stand back an arm’s length every ten minutes."},
        ],
        "steps": [
            {
                "across": True,
                "items": [
                    {"title": "Course", "sentence": "Finished on 30 October 2026.", "state": "done"},
                    {"title": "Practical cases", "sentence": "Two of four passed.", "state": "current"},
                    {"title": "Decision", "sentence": "By an officer who marked none.", "state": "todo"},
                ],
            },
            {"items": [{"title": "A licence, confirmed"}, {"title": "Work, marked blind"}]},
        ],
        "chips": [
            {
                "label": "Verified healed results",
                "items": [{"label": "Hairline", "count": 6}, {"label": "Crown"}],
            }
        ],
        "blank": [
            {
                "drawing": "photo",
                "heading": "No cases yet",
                "sentence": "A case begins with three photos taken before the first session.",
                "action": "Start a case",
                "url": "#blank",
            },
            {
                "drawing": "search",
                "heading": "No one listed within 50 km of Chester",
                "sentence": "Try a wider area, or check a name or number.",
            },
        ],
        "pager": [
            {
                "label": "Results",
                "previous": "#pager",
                "next": "#pager",
                "range": "11 to 20 of 34",
                "previous_label": "Back 10",
                "next_label": "Next 10",
            }
        ],
        "breadcrumbs": [{"items": [{"label": "Cases", "url": "#breadcrumbs"}, {"label": "K-7F2Q"}]}],
    }
