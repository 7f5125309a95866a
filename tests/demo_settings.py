"""The settings of the tests, for a web server that is the demo."""

from tests.site_settings import *  # noqa: F403

DEMO = True
