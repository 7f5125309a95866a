"""The settings of the tests, for the web server that the browser talks to."""

from psycopg_pool.base import AttemptWithBackoff

from tests.settings import *  # noqa: F403

# Static files from where they lie: nothing to collect before a test.
WHITENOISE_USE_FINDERS = True

# The database is replaced between tests. The pool notices, but waits longer and longer for each of
# its dead connections, to spare a server that is down.
AttemptWithBackoff.INITIAL_DELAY = 0.02
AttemptWithBackoff.DELAY_BACKOFF = 1.0
