"""Every address of the site. Each has its row in tests/integration/test_access_matrix.py."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from clinic.views import demo_messages, health, sign_in, staff_sign_in, unsent_messages

clinic_patterns: list[URLPattern | URLResolver] = [
    # Served from the floor above: it shows the opening hours.
    path("", include("scheduling.landing_urls")),
    path("sign-in/", sign_in.email, name="sign_in"),
    path("sign-in/code/", sign_in.code, name="sign_in_code"),
    path("sign-in/another-code/", sign_in.another_code, name="sign_in_another_code"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("staff/", staff_sign_in.start, name="start"),
    path("staff/sign-in/", staff_sign_in.password, name="staff_sign_in"),
    path("staff/sign-in/second-factor/", staff_sign_in.second_factor, name="second_factor"),
    path("staff/sign-in/enrol/", staff_sign_in.enrol, name="enrol"),
    path("staff/messages/", unsent_messages.unsent_messages, name="unsent_messages"),
    path("staff/messages/<uuid:pk>/again/", unsent_messages.send_again, name="send_message_again"),
    path("staff/messages/<uuid:pk>/aside/", unsent_messages.set_aside, name="set_message_aside"),
]

if settings.DEMO:
    clinic_patterns += [
        path("demo/messages/", demo_messages.demo_messages, name="demo_messages"),
        path(
            "demo/messages/<uuid:pk>/visit.ics", demo_messages.demo_calendar, name="demo_calendar"
        ),
    ]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("", include((clinic_patterns, "clinic"))),
    path("staff/review/", include("intake.staff_urls")),
    path("staff/questions/", include("intake.desk_urls")),
    path("staff/intake/", include("intake.phone_urls")),
    path("staff/protocol/", include("intake.protocol_urls")),
    path("staff/patients/", include("intake.people_urls")),
    path("staff/", include("scheduling.staff_urls")),
    path("", include("intake.urls")),
    path("", include("scheduling.urls")),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.not_allowed"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"
