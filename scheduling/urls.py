"""The patients' addresses in the calendar: but for the openings, the own family's alone."""

from django.urls import path

from scheduling.views import (
    choose,
    confirm,
    move,
    offer,
    openings,
    questions_first,
    visit,
    visits,
    waiting,
)

app_name = "scheduling"

urlpatterns = [
    path("openings.json", openings.openings, name="openings"),
    path("book/<uuid:clearance_id>/", choose.choose, name="choose"),
    path("book/<uuid:clearance_id>/hold/", choose.hold, name="hold"),
    path("book/<uuid:clearance_id>/wait/", waiting.wait, name="wait"),
    path("my/waitlist/<uuid:pk>/", waiting.wishes, name="wishes"),
    path("my/waitlist/<uuid:pk>/leave/", waiting.leave, name="leave_waitlist"),
    path("my/offers/<uuid:pk>/", offer.offer, name="offer"),
    path("my/offers/<uuid:pk>/decline/", offer.decline, name="decline_offer"),
    path("my/visits/", visits.visits, name="visits"),
    path("my/visits/<uuid:pk>/", visit.visit, name="visit"),
    path("my/visits/<uuid:pk>/confirm/", confirm.confirm, name="confirm"),
    path("my/visits/<uuid:pk>/calendar.ics", visit.calendar, name="calendar"),
    path(
        "my/visits/<uuid:pk>/changed/",
        questions_first.has_anything_changed,
        name="has_anything_changed",
    ),
    path("my/visits/<uuid:pk>/cancel/", visit.cancel, name="cancel"),
    path("my/visits/<uuid:pk>/move/", move.move, name="move"),
]
