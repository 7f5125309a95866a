"""The review's addresses, under /staff/review/."""

from django.urls import path

from intake.views import review

app_name = "review"
urlpatterns = [
    path("", review.case_list, name="list"),
    path("<uuid:pk>/", review.case, name="case"),
    path("<uuid:pk>/set-aside/", review.set_aside, name="set_aside"),
]
