"""A clinic's stored visits: years of them behind, busy weeks ahead, as a real one would have."""

from datetime import timedelta

import psycopg
from django.utils import timezone

from intake.models import Clearance
from tests.factories.clinic import PatientFactory
from tests.factories.intake import ClearanceFactory

# Each has a clearance that lasts for thirty days from now on.
PEOPLE = 160
# Of the coming times as many are taken: the near days are nearly full, the far ones nearly free.
FULL_AT_FIRST = 0.85
FREE_AFTER_DAYS = 60

_TRUNCATE = "TRUNCATE scheduling_appointment CASCADE"
# As many as the hours hold, twenty minutes each: the mix of states is that of a usual week.
_COMING = """
    WITH starts AS (
        SELECT clinician_id, ahead, row_number() OVER (ORDER BY start) AS number,
               tstzrange(start, start + interval '20 minutes') AS visit
        FROM generate_series(1, %(free_after)s) AS ahead
        CROSS JOIN LATERAL (SELECT current_date + ahead AS day) AS days
        JOIN scheduling_openinghours AS hours ON hours.weekday = extract(isodow FROM day) - 1
        CROSS JOIN LATERAL generate_series(
            (day + hours.starts) AT TIME ZONE 'America/New_York',
            (day + hours.ends) AT TIME ZONE 'America/New_York' - interval '20 minutes',
            interval '20 minutes'
        ) AS start
        -- Of each time anew, which is why it says `start`: without it, once for a whole day.
        WHERE random() < %(full)s * (1 - (start::date - current_date) / %(free_after)s::float)
    )
"""
_PAST = """
    WITH starts AS (
        SELECT clinician.id AS clinician_id, number,
               tstzrange(start, start + interval '20 minutes') AS visit
        FROM scheduling_clinician AS clinician, generate_series(1, %(past)s) AS number,
             LATERAL (SELECT date_trunc('hour', now()) - number * interval '20 minutes' AS start)
    )
"""
_INSERT = """
    INSERT INTO scheduling_appointment
        (id, patient_id, person_id, clearance_id, clinician_id, visit_type_id, state, visit,
         clinician_busy, created_at)
    SELECT gen_random_uuid(), person.patient_id, person.patient_id, person.id, clinician_id,
           kind.id, {state}, visit, visit, lower(visit) - interval '9 days'
    FROM starts
    JOIN (
        SELECT id, patient_id, row_number() OVER (ORDER BY id) - 1 AS place FROM intake_clearance
    ) AS person ON person.place = starts.number %% %(people)s
    JOIN scheduling_visittype AS kind ON kind.code = 'adjustment'
"""
_PAST_STATE = "(ARRAY['done', 'done', 'done', 'done', 'cancelled', 'no_show'])[1 + number %% 6]"
_COMING_STATE = "(ARRAY['booked', 'confirmed'])[1 + number %% 2]"


def make_people() -> list[Clearance]:
    """By the factories, as the application."""
    since = timezone.now() - timedelta(hours=1)
    return [
        ClearanceFactory.create(patient=PatientFactory.create(), starts_at=since)
        for _ in range(PEOPLE)
    ]


def store(owner_url: str, count: int) -> int:
    """Have just so many visits stored; how many of them are still to come.

    By whole sets, as the owner, past the gate that each visit of the application's passes alone.
    """
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE scheduling_appointment DISABLE TRIGGER USER")
        owner.execute(_TRUNCATE)
        owner.execute("SELECT setseed(0.5)")
        coming = 0
        if count:
            given = {"people": PEOPLE, "full": FULL_AT_FIRST, "free_after": FREE_AFTER_DAYS}
            coming = owner.execute(_COMING + _INSERT.format(state=_COMING_STATE), given).rowcount
            given = {"people": PEOPLE, "past": count - coming}
            owner.execute(_PAST + _INSERT.format(state=_PAST_STATE), given)
        owner.execute("ALTER TABLE scheduling_appointment ENABLE TRIGGER USER")
        owner.execute("VACUUM ANALYZE scheduling_appointment")
    return coming


def whole_scans(owner_url: str) -> int:
    """How often the visits or the patients were read from end to end, so far."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT pg_stat_force_next_flush()")
        row = owner.execute(
            "SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname IN"
            " ('scheduling_appointment', 'intake_patient', 'intake_search')"
        ).fetchone()
    return int(row[0]) if row else 0
