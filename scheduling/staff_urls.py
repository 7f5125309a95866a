"""The desk's addresses, under /staff/."""

from django.urls import path

from scheduling.views import (
    patient,
    patient_search,
    staff,
    staff_block,
    staff_book,
    staff_day,
    staff_move,
    staff_paper,
    staff_series,
    staff_visit,
)

app_name = "desk"
urlpatterns = [
    path("search/", patient_search.search, name="search"),
    path("patients/<uuid:pk>/", patient.patient, name="patient"),
    path("day/", staff_day.day, name="day"),
    path("day/feed.json", staff_day.feed, name="feed"),
    path("day/book/", staff_book.book, name="book"),
    path("day/walk-in/", staff_book.walk_in, name="walk_in"),
    path("day/block/", staff_block.block, name="block"),
    path("day/block/<int:pk>/undo/", staff_block.undo, name="undo_block"),
    path("patients/<uuid:pk>/series/", staff_series.series, name="series"),
    path("visits/", staff.visits, name="visits"),
    path("visits/<uuid:pk>/", staff_visit.visit, name="visit"),
    path("visits/<uuid:pk>/step/", staff_visit.step, name="step"),
    path("visits/<uuid:pk>/move/", staff_move.move, name="move"),
    path("visits/<uuid:pk>/undo/", staff_visit.undo, name="undo"),
    path("paper/day/", staff_paper.day, name="day_sheet"),
    path("paper/week/", staff_paper.week, name="week_sheet"),
    path("paper/cards/<uuid:pk>/", staff_paper.appointment_card, name="card"),
    path("paper/cards/<uuid:pk>/<uuid:visit>/", staff_paper.appointment_card, name="card_of_visit"),
]
