"""What operators' machines ask."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from training_site.common import health


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, so that a lost database restarts nobody."""
    return HttpResponse("live\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 ``ready`` or ``degraded`` (some check that blocks nothing failed); 503 ``not ready``."""
    findings = health.findings(timezone.now())
    blocked = any(finding.problem and finding.blocks for finding in findings)
    degraded = any(finding.problem for finding in findings)
    return JsonResponse(
        {
            "status": "not ready" if blocked else "degraded" if degraded else "ready",
            "checks": {finding.name: finding.problem or "ok" for finding in findings},
        },
        status=503 if blocked else 200,
    )
