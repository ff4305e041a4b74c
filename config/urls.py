"""Every address of the product."""

from django.urls import include, path

from accounts.views.door import SignIn, SignOut
from config import views

urlpatterns = [
    path("healthz/live", views.live, name="health-live"),
    path("healthz/ready", views.ready, name="health-ready"),
    path("account/login/", SignIn.as_view(), name="account_login"),
    path("account/logout/", SignOut.as_view(), name="account_logout"),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("", include("accounts.urls")),
    path("", include("engagements.urls")),
    path("", include("questionnaires.urls")),
    path("", include("reports.urls")),
]
