"""How long it takes to find a patient among many, by what is known of them."""

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import psycopg
from django.db import connection
from django.utils import timezone

from clinic.models import User
from scheduling.patient_search import search
from tests.bench.measuring import say, statements

PATIENTS = 100_000
ASKED = 100

# The commonest of the country, so that many share a name or a part of one.
_GIVEN = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard
Susan Joseph Jessica Thomas Karen Christopher Sarah Charles Lisa Daniel Nancy Matthew Sandra
Anthony Betty Mark Ashley Donald Emily Steven Kimberly Andrew Margaret Paul Donna Joshua Michelle
Kenneth Carol Kevin Amanda Brian Melissa Timothy Deborah Ronald Stephanie George Rebecca Jason
Sharon Edward Laura Jeffrey Cynthia Ryan Dorothy Jacob Amy Nicholas Kathleen Gary Angela Eric
Shirley Jonathan Emma Stephen Brenda Larry Pamela Justin Nicole Scott Anna Brandon Samantha
Benjamin Katherine Samuel Christine Gregory Debra Alexander Rachel Patrick Carolyn Frank Janet
Raymond Maria Jack Olivia Dennis Heather Jerry Helen Tyler Catherine Aaron Diane Jose Julie Adam
Victoria Nathan Joyce Henry Lauren Zachary Kelly Douglas Christina Peter Ruth Kyle Joan Noah
Virginia Ethan Judith Jeremy Evelyn Christian Hannah Walter Andrea Keith Megan Austin Cheryl Roger
Jacqueline Terry Madison Sean Teresa Gerald Abigail Carl Sophia Dylan Martha Harold Sara Jordan
Gloria Jesse Janice Bryan Kathryn Lawrence Ann Arthur Isabella Gabriel Judy Bruce Charlotte Logan
Julia Billy Grace Joe Amber Alan Alice Juan Jean Elijah Denise Willie Frances Albert Danielle
Wayne Marilyn Randy Natalie Mason Beverly Vincent Diana Liam Brittany Roy Theresa Bobby Kayla
Caleb Alexis Bradley Doris Russell Lori Lucas Tiffany José Zoë Renée François Björn Łukasz Siobhán
"""
_FAMILY = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark
Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams
Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker
Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James
Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster
Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Gonzales Fisher
Vasquez Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno
West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro
Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen
Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw
Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar
Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan
Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce Hansen Peters Santos Hart Bradley
Knight Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews Alvarado Ray Delgado
Berry Perkins Hoffman Johnston Matthews Pena Richards Contreras Willis Carpenter Lawrence Sandoval
Guerrero George Chapman Rios Estrada Ortega Watkins Greene Nunez Wheeler Valdez Harper Burke
Larson Santiago Maldonado Morrison Franklin Carlson Austin Dominguez Carr Lawson Jacobs Obrien
O'Neil Núñez Müller D’Angelo Smith-Jones Okoro
"""
_INSERT = """
    INSERT INTO intake_patient
        (id, given_name, family_name, name_key, born, phone, email, town_id, elsewhere, created_at)
    SELECT gen_random_uuid(), given, family, lower(given || ' ' || family),
        date '1930-01-01' + (random() * 34000)::int,
        '+1703' || lpad((2000000 + number * 37 %% 7999999)::text, 7, '0'),
        lower(given || '.' || family || number || '@example.com'), town, '', now()
    FROM (
        SELECT number,
            (%(given)s::text[])[1 + floor(random() * %(given_names)s)::int] AS given,
            -- Few last names are common, most are rare.
            (%(family)s::text[])[1 + floor(random() ^ 2 * %(family_names)s)::int] AS family,
            towns[1 + floor(random() * cardinality(towns))::int] AS town
        FROM generate_series(1, %(patients)s) AS number,
            (SELECT array_agg(id) AS towns FROM clinic_servicetown) AS known
    ) AS people
"""


@dataclass(frozen=True)
class Measured:
    median: float
    worst: float
    statements: int


def store(owner_url: str) -> None:
    """So many patients, as the owner; what they are found by is kept by the triggers."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT setseed(0.5)")
        owner.execute("ALTER TABLE intake_patient DISABLE TRIGGER history")
        given, family = _GIVEN.split(), _FAMILY.split()
        names = {"given": given, "given_names": len(given)}
        names |= {"family": family, "family_names": len(family)}
        owner.execute(_INSERT, {**names, "patients": PATIENTS})
        owner.execute("ALTER TABLE intake_patient ENABLE TRIGGER history")
        # The clinic needs none: the bare view finds a last name by it, in order.
        owner.execute("CREATE INDEX ON intake_patient (family_name, given_name)")
        owner.execute("VACUUM ANALYZE intake_patient")
        owner.execute("VACUUM ANALYZE intake_search")
        owner.execute("VACUUM ANALYZE intake_search_word")


def tell(by: User) -> None:
    """Milliseconds of the whole search: who, their rows, the trail and their next visits."""
    say(f"\nA patient found among {PATIENTS:,}, without the page, milliseconds:")
    say("                           median    worst  statements")
    people = some_people()
    for kind, text in KINDS.items():
        each = _asked([text(*person) for person in people], by)
        say(f"  {kind:22} {each.median:8.1f} {each.worst:8.1f} {each.statements:11}")
    say(f"  read from end to end: {'yes' if _whole_scan() else 'no'}")


def _whole_scan() -> bool:
    """Whether the words are read from end to end for a name."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT * FROM intake_search WHERE words LIKE ANY ('{% mar %}')")
        return any("Seq Scan" in line for (line,) in cursor.fetchall())


def some_people() -> list[tuple[str, str, str, str, str]]:
    """First and last name, date of birth, telephone number and email address."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT given_name, family_name, to_char(born, 'MM/DD/YYYY'), substr(phone, 3), email"
            " FROM intake_patient WHERE email <> '' ORDER BY md5(id::text) LIMIT %s",
            [ASKED],
        )
        return list(cursor.fetchall())


def _mistyped(name: str) -> str:
    """Two letters in each other's place, as quick fingers leave them."""
    if len(name) < 4:
        return name
    place = random.Random(name).randrange(1, len(name) - 1)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


Say = Callable[[str, str, str, str, str], str]
KINDS: dict[str, Say] = {
    "name": lambda given, family, _born, _phone, _email: f"{family} {given}",
    "name, both mistyped": lambda given, family, _born, _phone, _email: (
        f"{_mistyped(given)} {_mistyped(family)}"
    ),
    "last name": lambda _given, family, _born, _phone, _email: family,
    "two letters": lambda _given, family, _born, _phone, _email: family[:2],
    "phone": lambda _given, _family, _born, phone, _email: phone,
    "last four digits": lambda _given, _family, _born, phone, _email: phone[-4:],
    "date of birth": lambda _given, _family, born, _phone, _email: born,
    "email": lambda _given, _family, _born, _phone, email: email,
    "last name and town": lambda _given, family, _born, _phone, _email: f"{family} Ashburn",
    "town": lambda _given, _family, _born, _phone, _email: "Ashburn",
}


def _asked(texts: list[str], by: User) -> Measured:
    took = []
    for text in texts:
        began = perf_counter()
        search(text, by=by, now=timezone.now())
        took.append((perf_counter() - began) * 1000)
    asks = statements(lambda: search(texts[0], by=by, now=timezone.now()))
    return Measured(statistics.median(took), max(took), asks)
