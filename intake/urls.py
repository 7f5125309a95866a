"""The intake's addresses. None holds a key to unproved answers: those are found by the session."""

from django.urls import path

from intake.views import about, check, code, emergency, privacy, result, screen, start

app_name = "intake"

urlpatterns = [
    path("privacy/", privacy.privacy, name="privacy"),
    path("intake/", start.resume, name="resume"),
    path("intake/start/", start.start, name="start"),
    path("intake/start-again/", start.forget, name="forget"),
    path("intake/emergency/", emergency.emergency, name="emergency"),
    path("intake/emergency/contact/", emergency.leave_contact, name="leave_contact"),
    path("intake/emergency/mistake/", emergency.mistake, name="mistake"),
    path("intake/about-you/", about.about, name="about"),
    path("intake/check/", check.check, name="check"),
    path("intake/code/", code.code, name="code"),
    path("intake/code/another/", code.another_code, name="another_code"),
    path("intake/<slug:slug>/", screen.screen, name="screen"),
    path("my/intakes/<uuid:pk>/", result.result, name="result"),
]
