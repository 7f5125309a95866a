"""Patients sign in: an email address, then the code that was sent to it. And everybody out."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, sign_in
from clinic.forms import CodeForm, EmailForm
from clinic.sign_in import Outcome
from clinic.sign_in.session import SIGNED_OFF


@require_http_methods(["GET", "HEAD", "POST"])
def email(request: HttpRequest) -> HttpResponse:
    if access.is_patient(request.user):
        return redirect(access.next_page(request, otherwise=reverse("scheduling:visits")))
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        sign_in.begin_code_for_known(request, email=address, now=timezone.now())
        return redirect(_with_next(request, "clinic:sign_in_code"))
    return render(
        request,
        "clinic/sign_in.html",
        {
            "form": form,
            "next": access.next_page(request),
            "signed_off": request.session.pop(SIGNED_OFF, ""),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    sent_to = sign_in.pending_email(request)
    if sent_to is None:
        return redirect(_with_next(request, "clinic:sign_in"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = sign_in.check_code(request, form.cleaned_data["code"], now=timezone.now())
        if outcome == Outcome.OK:
            return redirect(access.next_page(request, otherwise=reverse("scheduling:visits")))
        if outcome != Outcome.WRONG:
            messages.error(request, _sentence(outcome))
            return redirect(_with_next(request, "clinic:sign_in"))
        form.add_error("code", _sentence(outcome))
    context = {
        "form": form,
        "sent_to": sent_to,
        "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
        "next": access.next_page(request),
    }
    return render(request, "clinic/sign_in_code.html", context)


@require_POST
def another_code(request: HttpRequest) -> HttpResponse:
    if sign_in.resend_code(request, now=timezone.now()):
        messages.success(request, _("We sent another code. The one before no longer works."))
    return redirect(_with_next(request, "clinic:sign_in_code"))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    was_staff = access.is_staff(request.user)
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect("clinic:staff_sign_in" if was_staff else "clinic:sign_in")


def _sentence(outcome: Outcome) -> str:
    if outcome == Outcome.WRONG:
        return _("That is not the code in our last email. Check the 6 digits and try again.")
    if outcome == Outcome.TOO_MANY:
        return _("That code was tried too often and no longer works. We can send you another.")
    return _("That code is too old. We can send you another.")


def _with_next(request: HttpRequest, name: str) -> str:
    page = access.next_page(request)
    return reverse(name) + ("?" + urlencode({"next": page}) if page else "")
