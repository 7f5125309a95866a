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
    staff_waitlist,
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
    path("patients/<uuid:pk>/waitlist/", staff_waitlist.wait, name="wait"),
    path("waitlist/", staff_waitlist.waitlist, name="waitlist"),
    path("waitlist/offer/", staff_waitlist.offer_time, name="offer_time"),
    path("waitlist/<uuid:pk>/leave/", staff_waitlist.take_off, name="take_off_waitlist"),
    path("waitlist/offers/<uuid:pk>/accept/", staff_waitlist.accept_offer, name="accept_offer"),
    path("waitlist/offers/<uuid:pk>/decline/", staff_waitlist.decline_offer, name="decline_offer"),
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
