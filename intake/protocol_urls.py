"""The protocol's addresses, under /staff/protocol/."""

from django.urls import path

from intake.views import protocol

app_name = "protocol"
urlpatterns = [
    path("", protocol.read, name="read"),
    path("sign/", protocol.sign, name="sign"),
]
