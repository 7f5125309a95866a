"""The admin site: the administrator's, behind the same sign-in as every staff page."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic import access
from clinic.admin_base import ClinicAdmin


class ClinicAdminSite(admin.AdminSite):
    site_header = _("Clinic administration")
    site_title = _("Clinic administration")
    index_title = _("What would you like to change?")

    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only the clinic's own pages: those of packages show secrets, or write past the trail."""
        if admin_class is not None and issubclass(admin_class, ClinicAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The package that runs the jobs is not named to people."""
        parts: list[dict[str, Any]] = super().get_app_list(request, app_label)
        for part in parts:
            if part["app_label"] == "procrastinate":
                part["name"] = _("Work in the background")
                for model in part["models"]:
                    model["name"] = _("Jobs")
        return parts

    def password_change(  # type: ignore[override] # a redirect is no template
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One's own password is set like anybody's, on the page that writes it down."""
        return redirect("admin:auth_user_password_change", request.user.pk)

    def has_permission(self, request: HttpRequest) -> bool:
        return access.uses_admin_site(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the site passes here. Who may not read it is told so, as elsewhere."""
        return access.administrator_required(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one sign-in for staff, with both factors; this address only leads to it."""
        return _index(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return _sign_out(request)


@access.administrator_required
def _index(request: HttpRequest) -> HttpResponse:
    return redirect("admin:index")


@require_POST
def _sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("clinic:staff_sign_in")
