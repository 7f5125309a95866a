"""Staff sign in: password, then second factor; the first time, a phone is enrolled."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.forms import EnrolForm, SecondFactorForm, StaffSignInForm
from clinic.sign_in import staff
from clinic.sign_in.session import SIGNED_OFF
from clinic.sign_in.stages import has_second_factor


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    then = access.next_page(request, otherwise=reverse("clinic:start"))
    if access.is_staff(request.user):
        return redirect(then)
    form = StaffSignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = staff.check_password(request, **form.cleaned_data, then=then)
        if response:
            return response
        form.add_error(None, _("That email address and password do not go together."))
    return render(
        request,
        "clinic/staff_sign_in.html",
        {
            "form": form,
            "next": access.next_page(request),
            "signed_off": request.session.pop(SIGNED_OFF, ""),
        },
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    stage = staff.waiting(request)
    if stage is None:
        return redirect("clinic:staff_sign_in")
    if not has_second_factor(stage.login.user):
        return redirect("clinic:enrol")
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = staff.check_second_factor(
            request, stage, form.cleaned_data["code"], now=timezone.now()
        )
        if response:
            return response
        form.add_error("code", _("That code is wrong or used up. Wait for the next one."))
    return render(request, "clinic/second_factor.html", {"form": form})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    stage = staff.waiting(request)
    if stage is None:
        return redirect("clinic:staff_sign_in")
    if has_second_factor(stage.login.user):
        return redirect("clinic:second_factor")
    form = EnrolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = staff.enrol(request, stage, form.cleaned_data["code"], now=timezone.now())
        if codes:
            # Shown in this one answer, and never again.
            context = {"codes": codes, "then": stage.login.redirect_url}
            return render(request, "clinic/recovery_codes.html", context)
        form.add_error("code", _("That is not the code your phone should show. Try the next one."))
    secret, picture = staff.second_factor_to_enrol(stage)
    context = {"form": form, "secret": secret, "picture": picture}
    return render(request, "clinic/enrol.html", context)


@access.staff_required
def start(request: HttpRequest) -> HttpResponse:
    """Each role's first page."""
    if access.decides_reviews(request.user):
        return redirect("review:list")
    return redirect("desk:day" if access.sees_calendar(request.user) else "admin:index")
