"""The desk's addresses, under /staff/visits/."""

from django.urls import path

from scheduling.views import staff

app_name = "desk"
urlpatterns = [
    path("", staff.visits, name="visits"),
]
