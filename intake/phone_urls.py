"""The addresses at which staff fill in the form for a caller, under /staff/intake/."""

from django.urls import path

from intake.views import staff_call

app_name = "calls"
urlpatterns = [
    path("new/", staff_call.new, name="new"),
    path("new/<uuid:pk>/", staff_call.new_for, name="new_for"),
    path("<uuid:pk>/", staff_call.call, name="call"),
    path("<uuid:pk>/mistake/", staff_call.mistake, name="mistake"),
    path("<uuid:pk>/hand-over/", staff_call.hand_over, name="hand_over"),
]
