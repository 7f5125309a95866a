"""The desk's addresses, under /staff/."""

from django.urls import path

from scheduling.views import patient, patient_search, staff, staff_visit

app_name = "desk"
urlpatterns = [
    path("search/", patient_search.search, name="search"),
    path("patients/<uuid:pk>/", patient.patient, name="patient"),
    path("visits/", staff.visits, name="visits"),
    path("visits/<uuid:pk>/", staff_visit.visit, name="visit"),
    path("visits/<uuid:pk>/step/", staff_visit.step, name="step"),
]
