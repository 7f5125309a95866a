"""The federal and Virginian holidays of the coming year, for the administrator to close on."""

from dataclasses import dataclass
from datetime import date, timedelta

from clinic.times import local
from scheduling.availability import open_hours

_A_DAY = timedelta(days=1)
_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, order=True)
class Holiday:
    day: date
    name: str


def in_the_year_from(first_day: date) -> list[Holiday]:
    """In their order; with both names where the state calls a day by another than the nation."""
    # Half a second and some megabytes, for a page that is opened once a year.
    from holidays import country_holidays

    years = (first_day.year, first_day.year + 1)
    calendars = (
        country_holidays("US", years=years),
        country_holidays("US", subdiv="VA", years=years),
    )
    names: dict[date, list[str]] = {}
    for calendar in calendars:
        for day, name in calendar.items():
            if first_day <= day < first_day + _A_YEAR and name not in names.setdefault(day, []):
                names[day].append(name)
    return [Holiday(day, " / ".join(names[day])) for day in sorted(names)]


def not_closed(first_day: date) -> list[Holiday]:
    """Those of the year on which the clinic is still open for some time, as things stand."""
    hours = open_hours(first_day, first_day + _A_YEAR - _A_DAY)
    opened = {local(each.start).date() for each in hours}
    return [holiday for holiday in in_the_year_from(first_day) if holiday.day in opened]
