"""The desk's addresses, under /staff/visits/."""

from django.urls import path

from scheduling.views import staff, staff_visit

app_name = "desk"
urlpatterns = [
    path("", staff.visits, name="visits"),
    path("<uuid:pk>/", staff_visit.visit, name="visit"),
    path("<uuid:pk>/step/", staff_visit.step, name="step"),
]
