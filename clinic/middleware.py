"""What holds for every request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def staff_sign_off(get_response: Handler) -> Handler:
    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return handle


def never_stored(get_response: Handler) -> Handler:
    """Pages are about one person: no cache keeps them (static files are served before this)."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return handle
