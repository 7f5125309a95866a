"""The slot answer, for programs: the starts that are free for a kind of visit, day by day.

What it takes and says is written down in docs/openings.md. Without a clearance there is nothing
about anybody in it.
"""

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from clinic.access import is_patient
from clinic.models import User
from intake import public as intake
from intake.public import ClearanceCard
from scheduling import availability, plan, slots
from scheduling.availability import Wish
from scheduling.models import VisitType
from scheduling.plan import Plan, PlanChanged
from scheduling.services.placing import FARTHEST

MOST_DAYS = 62
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_A_DAY = timedelta(days=1)
# The longest takes some thirty kilobytes.
_ANSWERS_KEPT = 256


class Refused(Exception):
    """A question that has no answer: a sentence for each parameter that is to blame."""

    def __init__(self, sentences: dict[str, str], *, status: int = 400) -> None:
        super().__init__(*sentences)
        self.sentences = sentences
        self.status = status


@dataclass(frozen=True, slots=True)
class Question:
    visit_type: VisitType
    first_day: date
    last_day: date


# Nothing changes here, so there is nothing to forge; and who sends something hears that it is not
# taken, instead of what a form lacks.
@csrf_exempt
@require_safe
def openings(request: HttpRequest) -> HttpResponse:
    now, is_personal = timezone.now(), "clearance" in request.GET
    planned = plan.current() if is_personal else plan.last_read()
    while True:
        try:
            return _answer_under(planned, request, now, is_personal=is_personal)
        except PlanChanged:
            planned = plan.current()
        except Refused as refused:
            # Unless it is a kind of visit that has come since.
            if planned is (stands := plan.current()):
                return JsonResponse({"errors": refused.sentences}, status=refused.status)
            planned = stands


def _answer_under(
    planned: Plan, request: HttpRequest, now: datetime, *, is_personal: bool
) -> HttpResponse:
    """Raises PlanChanged, Refused."""
    question = _question(request.GET, planned, now)
    clearance = _clearance(request, question) if is_personal else None
    starts: list[datetime] = []
    if clearance is None or intake.is_usable(clearance, now):
        wish = Wish(clearance=clearance, visit_type=question.visit_type, now=now)
        starts = availability.offered(wish, planned=planned)
    return _answer(request, question, planned, starts, is_personal=is_personal)


def _answer(
    request: HttpRequest,
    question: Question,
    planned: Plan,
    starts: Sequence[datetime],
    *,
    is_personal: bool,
) -> HttpResponse:
    zone, days = planned.policy.zone, (question.first_day, question.last_day)
    asked = slots.local_days(*days, zone)
    body, etag = _written(
        question.visit_type.code,
        question.visit_type.minutes,
        planned,
        days,
        tuple(starts[bisect_left(starts, asked.start) : bisect_left(starts, asked.end)]),
        starts[0] if starts else None,
    )
    response = HttpResponse(body, content_type="application/json")
    if is_personal:
        return response  # never stored, like every page about somebody
    response.headers["ETag"] = etag
    # To be kept, but asked about each time: nobody sees a time that has gone.
    response.headers["Cache-Control"] = "public, no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response


@lru_cache(maxsize=_ANSWERS_KEPT)
def _written(
    code: str,
    minutes: int,
    planned: Plan,
    days: tuple[date, date],
    starts: tuple[datetime, ...],
    soonest: datetime | None,
) -> tuple[bytes, str]:
    """The answer and its tag, kept under all that it says: writing it is most of the work."""
    zone = planned.policy.zone
    first_day, last_day = days
    free = slots.by_day(starts, zone)
    every_day = [first_day + _A_DAY * n for n in range((last_day - first_day).days + 1)]
    answer = {
        "visit_type": code,
        "minutes": minutes,
        "time_zone": zone.key,
        "from": first_day.isoformat(),
        "to": last_day.isoformat(),
        "next": soonest
        and {"day": soonest.astimezone(zone).date().isoformat(), "start": _in_utc(soonest)},
        "days": [
            {"day": day.isoformat(), "starts": [_in_utc(start) for start in free.get(day, ())]}
            for day in every_day
        ],
    }
    body = json.dumps(answer, separators=(",", ":")).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _in_utc(start: datetime) -> str:
    """The calendar's moments are in UTC already; Z is shorter than what Python writes."""
    return start.isoformat().replace("+00:00", "Z")


def _question(asked: QueryDict, planned: Plan, now: datetime) -> Question:
    """Raises Refused."""
    wrong: dict[str, str] = {}
    types = {kind.code: kind for kind in planned.visit_types.values() if kind.is_active}
    visit_type = types.get(asked.get("visit_type", ""))
    if visit_type is None:
        wrong["visit_type"] = f"visit_type must be one of: {', '.join(sorted(types))}."
    today = now.astimezone(planned.policy.zone).date()
    first_day = _day(asked, "from", today, wrong)
    last_day = _day(asked, "to", today, wrong)
    if first_day and last_day:
        if last_day < first_day:
            wrong["to"] = "to must not be before from."
        elif (last_day - first_day).days >= MOST_DAYS:
            wrong["to"] = f"to and from must span at most {MOST_DAYS} days."
    if wrong or not (visit_type and first_day and last_day):
        raise Refused(wrong)
    return Question(visit_type, first_day, last_day)


def _day(asked: QueryDict, name: str, today: date, wrong: dict[str, str]) -> date | None:
    """What is wrong with it is added to `wrong`."""
    earliest, latest = today - FARTHEST, today + FARTHEST
    given = asked.get(name, "")
    try:
        day = date.fromisoformat(given) if _DAY.fullmatch(given) else None
    except ValueError:
        day = None
    if day is None:
        wrong[name] = f"{name} must be a day, written as {today.isoformat()}."
    elif not earliest <= day <= latest:
        wrong[name] = f"{name} must be a day from {earliest.isoformat()} to {latest.isoformat()}."
        return None
    return day


def _clearance(request: HttpRequest, question: Question) -> ClearanceCard:
    """Of the own family, and for this kind of visit. Raises Refused."""
    user = request.user
    if not isinstance(user, User):
        raise Refused({"clearance": "clearance is only for who is signed in."}, status=401)
    if not is_patient(user):
        raise Refused({"clearance": "clearance is only for the patient's own family."}, status=403)
    try:
        number = UUID(request.GET["clearance"])
    except ValueError:
        raise Refused({"clearance": "clearance must be the number of a clearance."}) from None
    clearance = intake.clearance_of(user, number)
    if clearance is None:
        raise Refused({"clearance": "clearance is none of this family's."}, status=404)
    offered = sorted(kind.code for kind in availability.visit_types_for(clearance))
    if question.visit_type.code not in offered:
        sentence = f"visit_type must be one of: {', '.join(offered)}, under this clearance."
        raise Refused({"visit_type": sentence})
    return clearance
