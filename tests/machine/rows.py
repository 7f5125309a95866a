"""The calendar's tables as plain dictionaries, read by raw SQL: nothing of the application between.

Moments come as whole seconds since 1970, so that whoever reads them here does no sum the way the
application does it.
"""

from datetime import UTC, datetime
from typing import Any

from django.db import connection

Row = dict[str, Any]


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def asked(query: str, *given: object) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def between(column: str, name: str) -> str:
    """The two ends of a range."""
    return (
        f"extract(epoch FROM lower({column}))::bigint AS {name}_from,"
        f" extract(epoch FROM upper({column}))::bigint AS {name}_until"
    )


def at(column: str) -> str:
    return f"extract(epoch FROM {column})::bigint AS {column}"


# Whose row it is, records that were merged counted as one.
_PERSON = """(SELECT coalesce(merged_into_id, id) FROM intake_patient
         WHERE id = made.patient_id) AS person_id"""

# Visits and clearances come in the order they were made, whatever their random keys are: the same
# choices then always mean the same rows.
VISITS = f"""
    SELECT id, patient_id, {_PERSON}, person_id AS counted_as, clearance_id, clinician_id,
        visit_type_id, room_id, state, version,
        {at("created_at")}, {at("hold_expires_at")}, {between("visit", "visit")},
        {between("clinician_busy", "doctor")}, {between("room_busy", "room")}
    FROM scheduling_appointment AS made
    ORDER BY (SELECT min(id) FROM scheduling_statuschange WHERE appointment_id = made.id), id
"""
CLEARANCES = f"""
    SELECT id, patient_id, {_PERSON}, intake_id, xray_allowed, revoked_because,
        {at("starts_at")}, {at("ends_at")}, {at("revoked_at")},
        (SELECT extract(epoch FROM at)::bigint FROM intake_reviewdecision
         WHERE id = made.decision_id) AS decided_at
    FROM intake_clearance AS made ORDER BY issued_at,
        (SELECT min(id) FROM clinic_auditentry WHERE subject_id = made.id::text)
"""
CLOSURES = f"""
    SELECT id, clinician_id, room_id, {between("during", "closed")}
    FROM scheduling_closure ORDER BY id
"""
INTAKES = f"""
    SELECT id, {_PERSON}, xray_hold, is_complete, {at("submitted_at")} FROM intake_intake AS made
"""
# Everybody whom a case holds: it is theirs, or answers of theirs are in it.
HELD = f"""
    SELECT {_PERSON} FROM (
        SELECT held.patient_id FROM intake_case AS held
        WHERE held.state IN ('OPEN', 'REFERRED', 'ASKED')
        UNION
        SELECT said.patient_id FROM intake_case AS held
        JOIN intake_intake AS said ON said.case_id = held.id
        WHERE held.state IN ('OPEN', 'REFERRED', 'ASKED')
    ) AS made
"""
RECORDS = "SELECT id, account_id, merged_into_id, email FROM intake_patient"
TOLD = """
    SELECT recipient, kind FROM clinic_message
    UNION ALL
    SELECT subject_id, 'call' FROM clinic_auditentry WHERE action = 'call the patient'
"""
CHANGES = f"""
    SELECT id, appointment_id, before, after, by_id, reason, {at("at")},
        {between("was", "was")}, {between("became", "became")}
    FROM scheduling_statuschange ORDER BY id
"""
# In the order in which they are asked.
WAITING = f"""
    SELECT id, {_PERSON}, visit_type_id FROM scheduling_waitlistentry AS made
    WHERE state = 'WAITING'
    ORDER BY is_acute DESC, made_at, id
"""
OFFERS = f"""
    SELECT id, entry_id, patient_id, {_PERSON}, visit_type_id, outcome, visit_id,
        {at("start")}, {at("expires_at")}
    FROM (
        SELECT offer.*, entry.patient_id, entry.visit_type_id
        FROM scheduling_waitlistoffer AS offer
        JOIN scheduling_waitlistentry AS entry ON entry.id = offer.entry_id
    ) AS made
    ORDER BY (SELECT min(id) FROM clinic_auditentry WHERE subject_id = made.id::text)
"""
# Every row that came to a record.
OWNED = "\n UNION ALL ".join(
    f"SELECT '{table}' AS kind, id::text, patient_id FROM {table} WHERE patient_id IS NOT NULL"
    for table in (
        "intake_case",
        "intake_clearance",
        "intake_guardianconsent",
        "intake_intake",
        "scheduling_appointment",
        "scheduling_call",
        "scheduling_waitlistentry",
    )
)
MERGES = "SELECT patient_id, kept_id FROM intake_patientmerge"
CALLS_TO_MAKE = f"""
    SELECT id, {_PERSON}, visit_id, why, tries, version FROM scheduling_call AS made
    WHERE done_at IS NULL ORDER BY made_at,
        (SELECT min(id) FROM clinic_auditentry WHERE subject_id IN (made.id::text, visit_id::text))
"""
REBOOKINGS = f"""
    SELECT id, closure_id, visit_id, told_by, {at("start")}, {at("told_at")},
        {between("was", "was")}, {between("proposed", "proposed")}
    FROM scheduling_rebooking ORDER BY id
"""
# What was or will be sent.
LETTERS = """
    SELECT id, recipient, kind, state FROM clinic_message
    WHERE recipient <> '' AND state IN ('QUEUED', 'SENT')
"""
