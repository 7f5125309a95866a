"""The review's addresses, under /staff/review/."""

from django.urls import path

from intake.views import review, staff_after_visit

app_name = "review"
urlpatterns = [
    path("", review.case_list, name="list"),
    path("<uuid:pk>/", review.case, name="case"),
    path("<uuid:pk>/set-aside/", review.set_aside, name="set_aside"),
    path("patients/<uuid:pk>/", staff_after_visit.page, name="after_visit"),
    path("patients/<uuid:pk>/exercises/", staff_after_visit.give, name="give_exercises"),
    path("patients/<uuid:pk>/pain/", staff_after_visit.note_pain, name="note_pain"),
]
