"""The panel beside the calendar: what it shows is a page of its own for whoever opens it so."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string


@dataclass(frozen=True)
class Done:
    """What has been done, in words; `undo` is the address that takes it back from `seen`."""

    words: str
    undo: str = ""
    seen: str = ""


def is_in_panel(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def show(
    request: HttpRequest,
    name: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    done: Done | None = None,
) -> HttpResponse:
    """`scheduling/_<name>.html` in the panel, or the page around it."""
    if not is_in_panel(request):
        return render(request, f"scheduling/{name}.html", context, status=status)
    content = render_to_string(f"scheduling/_{name}.html", {**context, "in_panel": True}, request)
    return HttpResponse(content + (_notice(request, done) if done else ""), status=status)


def close(request: HttpRequest, done: Done, *, then: str) -> HttpResponse:
    """Nothing more to show: the panel is empty, or the page `then` says what was done."""
    if not is_in_panel(request):
        messages.success(request, done.words)
        return redirect(then)
    return HttpResponse(_notice(request, done))


def _notice(request: HttpRequest, done: Done) -> str:
    return render_to_string("scheduling/_staff_notice.html", {"done": done}, request)
