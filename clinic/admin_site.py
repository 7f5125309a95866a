"""The admin site: the administrator's, behind the same sign-in as every staff page."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinic import access


class ClinicAdminSite(admin.AdminSite):
    site_header = _("Clinic administration")
    site_title = _("Clinic administration")
    index_title = _("What would you like to change?")

    def has_permission(self, request: HttpRequest) -> bool:
        return access.uses_admin_site(request.user)
