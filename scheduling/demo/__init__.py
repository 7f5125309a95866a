"""The demo's clinic: fictional people, and a month and a half of their life.

Everything goes through the services that the pages use, with an earlier `now`; so nothing here can
be what a patient or the desk could not have brought about.
"""

from scheduling.demo.loading import load
from scheduling.demo.people import PASSWORD, PATIENTS, STAFF, WITH_FAMILY

__all__ = ["PASSWORD", "PATIENTS", "STAFF", "WITH_FAMILY", "load"]
