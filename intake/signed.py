"""Whether the protocol that decides is signed, and what to say when it is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clinic import times
from intake.models import ProtocolSignature
from intake.triage import PROTOCOL, Protocol
from intake.triage.fingerprint import fingerprint


@dataclass(frozen=True)
class Signed:
    """A name under the protocol, as the page says it."""

    who: str
    when: str
    remark: str


def signatures(protocol: Protocol = PROTOCOL, using: str = "default") -> list[ProtocolSignature]:
    """Those under the table as it stands, the newest first."""
    return list(
        ProtocolSignature.objects.using(using)
        .filter(version=protocol.version, fingerprint=fingerprint(protocol))
        .select_related("by")
    )


def in_words(found: Sequence[ProtocolSignature]) -> list[Signed]:
    return [Signed(str(each.by), times.in_words(each.at), each.remark) for each in found]


def why_unsigned(protocol: Protocol = PROTOCOL, using: str = "default") -> str:
    """A sentence; empty when the table stands signed."""
    of_this_version = ProtocolSignature.objects.using(using).filter(version=protocol.version)
    known = set(of_this_version.values_list("fingerprint", flat=True))
    if fingerprint(protocol) in known:
        return ""
    if known:
        return _(
            "Version %(version)s of the protocol was changed after it was signed. What decides now"
            " is not signed."
        ) % {"version": protocol.version}
    return _(
        "Version %(version)s of the protocol is not signed. Until a chiropractor signs it, it is a"
        " draft."
    ) % {"version": protocol.version}
