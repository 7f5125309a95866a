"""The addresses at which the desk asks a patient aloud, under /staff/questions/."""

from django.urls import path

from intake.views import desk

app_name = "questions"
urlpatterns = [
    path("patients/<uuid:pk>/", desk.begin, name="begin"),
    path("<uuid:pk>/", desk.ask, name="ask"),
]
