"""Patients put on record and put right by staff, under /staff/patients/."""

from django.urls import path

from intake.views import merging, people

app_name = "patients"
urlpatterns = [
    path("new/", people.new, name="new"),
    path("<uuid:pk>/contact/", people.contact, name="contact"),
    path("<uuid:pk>/merge/<uuid:other>/", merging.merge, name="merge"),
    path("<uuid:pk>/apart/", merging.take_apart, name="take_apart"),
]
