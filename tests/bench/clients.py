"""Browsers that ask one address again and again, as many as the server has threads.

One loop over bare sockets, kept alive: a request costs it a fiftieth of a millisecond, so that it
waits for the server and not the server for it. `Load.busy` says how much of a core it took.
"""

import selectors
import socket
import time
from dataclasses import dataclass

CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What one address stood: requests a second, and the clients' share of a processor core."""

    per_second: float
    busy: float


def load(port: int, path: str, *, seconds: float, headers: str = "") -> Load:
    """Raises RuntimeError when an answer is not 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: book.example.com\r\n{headers}\r\n".encode()
    with selectors.DefaultSelector() as waiting:
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        for each in sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(each, selectors.EVENT_READ)
            each.sendall(request)
        answered, began, worked = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds:
            for key, _ in waiting.select():
                one = key.fileobj
                assert isinstance(one, socket.socket)
                _read(one)
                answered += 1
                one.sendall(request)
        took, worked = time.perf_counter() - began, time.process_time() - worked
        for each in sockets:
            each.close()
    return Load(answered / took, worked / took)


def _read(one: socket.socket) -> None:
    """One whole answer."""
    got = one.recv(1 << 17)
    while b"\r\n\r\n" not in got:
        got += _more(one)
    head, _, body = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"The server answered {head.decode()!r}.")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    left = length - len(body)
    while left > 0:
        left -= len(_more(one))


def _more(one: socket.socket) -> bytes:
    more = one.recv(1 << 17)
    if not more:
        raise RuntimeError("The server hung up.")
    return more
