"""The settings of the tests, for the web server that the browser talks to."""

from tests.settings import *  # noqa: F403

# Static files from where they lie: nothing to collect before a test.
WHITENOISE_USE_FINDERS = True
