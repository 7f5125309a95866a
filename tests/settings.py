"""The clinic's settings, in the environment of the tests."""

import os

os.environ["CLINIC_ENVIRONMENT"] = "test"

from clinic.settings import *  # noqa: F403

# Real hashing would take most of the suite's time and prove nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Nothing is collected for a test: an older run of the demo may have left its own here.
STATIC_ROOT = None  # type: ignore[assignment]
