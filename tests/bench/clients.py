"""Browsers that ask the same again and again, as many as the server has threads.

One loop over bare sockets, kept alive: a request costs it a fiftieth of a millisecond, so that it
waits for the server and not the server for it. `Load.busy` says how much of a core it took.
"""

import selectors
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

CONNECTIONS = 8
SECONDS = 2.0
ROUNDS = 3


@dataclass(frozen=True)
class Asked:
    """What a server is asked, one request after the other, and with which status it answers."""

    port: int
    requests: Sequence[bytes]
    status: int = 200


@dataclass(frozen=True)
class Load:
    """What one server stood: requests a second, and the clients' share of a processor core."""

    per_second: float
    busy: float


@dataclass(frozen=True)
class Compared:
    """Two servers' requests a second; `busy` is the clients' share of a core, at most."""

    ours: float
    theirs: float
    busy: float


def get(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: book.example.com\r\n{headers}\r\n".encode()


def post(path: str, body: str, headers: str) -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return (
        f"POST {path} HTTP/1.1\r\nHost: book.example.com\r\n{headers}{kind}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def warm_up(*each: Asked) -> None:
    """Connections and plans are made, and what was counted before is told."""
    for asked in each:
        load(asked, seconds=SECONDS / 4)


def in_turns(ours: Asked, theirs: Asked) -> Compared:
    """The median of a few rounds; in turns, so that whatever else the machine does comes to both.

    Raises RuntimeError when an answer is not as it should be.
    """
    rounds = [(load(ours), load(theirs)) for _ in range(ROUNDS)]
    return Compared(
        ours=statistics.median(one.per_second for one, _other in rounds),
        theirs=statistics.median(other.per_second for _one, other in rounds),
        busy=max(each.busy for both in rounds for each in both),
    )


def load(asked: Asked, *, seconds: float = SECONDS) -> Load:
    """Raises RuntimeError when an answer is not as it should be."""
    requests = cycle(asked.requests)
    with selectors.DefaultSelector() as waiting:
        sockets = [socket.create_connection(("127.0.0.1", asked.port)) for _ in range(CONNECTIONS)]
        for each in sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(each, selectors.EVENT_READ)
            each.sendall(next(requests))
        answered, began, worked = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds:
            for key, _ in waiting.select():
                one = key.fileobj
                assert isinstance(one, socket.socket)
                _read(one, asked.status)
                answered += 1
                one.sendall(next(requests))
        took, worked = time.perf_counter() - began, time.process_time() - worked
        for each in sockets:
            each.close()
    return Load(answered / took, worked / took)


def _read(one: socket.socket, status: int) -> None:
    """One whole answer."""
    got = one.recv(1 << 17)
    while b"\r\n\r\n" not in got:
        got += _more(one)
    head, _, body = got.partition(b"\r\n\r\n")
    if not head.startswith(f"HTTP/1.1 {status}".encode()):
        raise RuntimeError(f"The server answered {head.decode()!r}.")
    _, named, length = head.lower().partition(b"content-length:")
    # An answer that nothing has changed has no content, and may say no length.
    left = int(length.partition(b"\r\n")[0]) - len(body) if named else 0
    while left > 0:
        left -= len(_more(one))


def _more(one: socket.socket) -> bytes:
    more = one.recv(1 << 17)
    if not more:
        raise RuntimeError("The server hung up.")
    return more
