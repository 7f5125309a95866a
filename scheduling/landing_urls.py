"""The first page's address. Everybody knows it as `clinic:landing`."""

from django.urls import path

from scheduling.views import landing

urlpatterns = [path("", landing.landing, name="landing")]
