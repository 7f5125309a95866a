#!/usr/bin/env python
"""Django's command line for the clinic."""

import os
import sys

# These answer from the protocol alone: no database, no secrets, no environment.
OFFLINE_COMMANDS = {"triage", "protocol"}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in OFFLINE_COMMANDS:
        os.environ["CLINIC_ENVIRONMENT"] = "offline"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)  # Ctrl-C needs no explanation


if __name__ == "__main__":
    main()
