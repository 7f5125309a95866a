"""The desk's addresses, under /staff/."""

from django.urls import path

from scheduling.views import patient, patient_search, staff, staff_paper, staff_visit

app_name = "desk"
urlpatterns = [
    path("search/", patient_search.search, name="search"),
    path("patients/<uuid:pk>/", patient.patient, name="patient"),
    path("visits/", staff.visits, name="visits"),
    path("visits/<uuid:pk>/", staff_visit.visit, name="visit"),
    path("visits/<uuid:pk>/step/", staff_visit.step, name="step"),
    path("paper/day/", staff_paper.day, name="day_sheet"),
    path("paper/week/", staff_paper.week, name="week_sheet"),
    path("paper/cards/<uuid:pk>/", staff_paper.appointment_card, name="card"),
    path("paper/cards/<uuid:pk>/<uuid:visit>/", staff_paper.appointment_card, name="card_of_visit"),
]
