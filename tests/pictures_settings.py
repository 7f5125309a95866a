"""The settings of the web server of `tests.pictures`, which believes it is another moment."""

import os
from datetime import datetime

import time_machine

from tests.site_settings import *  # noqa: F403

time_machine.travel(datetime.fromisoformat(os.environ["PICTURES_AT"]), tick=True).start()
