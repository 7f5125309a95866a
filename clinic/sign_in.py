from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend


class Backend(AuthenticationBackend):
    pass


class AccountAdapter(DefaultAccountAdapter):
    pass
