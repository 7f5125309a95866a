"""English: a time of day is typed as it is shown, "1:00 PM"; Django shows "1 p.m." and refuses it.

The first of the formats for typing is the one in which a form shows what is kept.
"""

TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "N j, Y, g:i A"
TIME_INPUT_FORMATS = ["%I:%M %p", "%I %p", "%H:%M", "%H:%M:%S"]
