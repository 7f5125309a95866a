"""The intake's addresses. None holds a key to unproved answers: those are found by the session."""

from django.urls import path

from intake.views import (
    about,
    asked,
    changes,
    check,
    code,
    emergency,
    exercises,
    families,
    later,
    privacy,
    result,
    screen,
    start,
    summary,
)

app_name = "intake"

urlpatterns = [
    path("privacy/", privacy.privacy, name="privacy"),
    path("intake/", start.resume, name="resume"),
    path("intake/start/", start.start, name="start"),
    path("intake/start-again/", start.forget, name="forget"),
    path("intake/emergency/", emergency.emergency, name="emergency"),
    path("intake/emergency/contact/", emergency.leave_contact, name="leave_contact"),
    path("intake/emergency/mistake/", emergency.mistake, name="mistake"),
    path("intake/save/", later.save, name="save"),
    path("intake/save/code/", later.save_code, name="save_code"),
    path("intake/saved/", later.saved, name="saved"),
    path("intake/go-on/<str:key>/", later.go_on, name="go_on"),
    path("intake/go-on/<str:key>/code/", later.go_on_code, name="go_on_code"),
    path("intake/about-you/", about.about, name="about"),
    path("intake/about-you/<slug:slug>/", about.about, name="about"),
    path("intake/check/", check.check, name="check"),
    path("intake/code/", code.code, name="code"),
    path("intake/code/another/", code.another_code, name="another_code"),
    path("intake/changes/", changes.changes, name="changes"),
    path("intake/<slug:slug>/", screen.screen, name="screen"),
    path("my/people/<uuid:pk>/questions/", families.next_form, name="next_form"),
    path("my/people/<uuid:pk>/own-sign-in/", families.own_account, name="own_account"),
    path("my/people/<uuid:pk>/exercises/", exercises.page, name="exercises"),
    path("my/people/<uuid:pk>/exercises.pdf", exercises.pdf, name="exercises_pdf"),
    path("my/record/<uuid:pk>/", families.take_over, name="take_over"),
    path("my/questions/<uuid:pk>/", asked.asked, name="asked"),
    path("my/intakes/<uuid:pk>/", result.result, name="result"),
    path("my/intakes/<uuid:pk>/times/", result.wish_times, name="wish_times"),
    path("my/intakes/<uuid:pk>/summary/", summary.page, name="summary"),
    path("my/intakes/<uuid:pk>/summary.pdf", summary.pdf, name="summary_pdf"),
]
