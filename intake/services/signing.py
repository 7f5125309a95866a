"""A chiropractor's signature under the protocol."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clinic import audit
from clinic.models import User
from intake.exceptions import IntakeProblem
from intake.models import ProtocolSignature
from intake.triage import PROTOCOL, Protocol
from intake.triage.fingerprint import fingerprint


class ProtocolChanged(IntakeProblem):
    """What stands on the page that was signed is not what decides now."""

    message = _(
        "The protocol was changed after you opened this page. Read it again, then sign what you"
        " have read."
    )


def sign_protocol(
    *, read: str, remark: str, by: User, now: datetime, protocol: Protocol = PROTOCOL
) -> ProtocolSignature:
    """Put a chiropractor's name under the protocol as it stands.

    `read` is the fingerprint of what they had before them: nobody signs what they did not read.
    Safe to call twice: the first signature is returned. Raises ProtocolChanged.
    """
    if read != fingerprint(protocol):
        raise ProtocolChanged
    with audit.writing(by):
        # Two presses of the button at once: the second waits here for the first.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        signed = ProtocolSignature.objects.filter(fingerprint=read, by=by).first()
        if signed:
            return signed
        signature = ProtocolSignature.objects.create(
            version=protocol.version, fingerprint=read, by=by, at=now, remark=remark.strip()
        )
        audit.record(by, "protocol signed", signature, at=now, version=protocol.version)
    return signature
