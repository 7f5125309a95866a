import logging


class NoPatientData(logging.Filter):
    pass
