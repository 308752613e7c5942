"""A web application that signs people in with mozilla-django-oidc: a whole Django project in one file."""

import os
import sys
from urllib.parse import urlencode

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import include, path
from django.utils.html import escape

ISSUER = os.environ.get("ISSUER", "http://localhost:8080/t/demo")

settings.configure(
    DEBUG=True,
    SECRET_KEY=os.environ.get("SECRET_KEY", "a long secret of your own, from your configuration"),
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "users.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    AUTHENTICATION_BACKENDS=["backend.Backend"],
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
    OIDC_RP_CLIENT_ID=os.environ.get("CLIENT_ID", "django"),
    OIDC_RP_CLIENT_SECRET=os.environ.get("CLIENT_SECRET", "django-secret-0123456789abcdef01"),
    OIDC_RP_SCOPES="openid profile email",
    OIDC_RP_SIGN_ALGO="RS256",  # the library's default is HS256
    OIDC_USE_PKCE=True,
    # The library reads no discovery document.
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oauth2/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oauth2/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oauth2/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/.well-known/jwks.json",
    OIDC_STORE_ID_TOKEN=True,  # for the logout
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.end_session",
    ALLOW_LOGOUT_GET_METHOD=True,
)


def end_session(request):
    """Where the browser goes to sign out at Plinto, too."""
    hint = {"id_token_hint": request.session["oidc_id_token"], "post_logout_redirect_uri": request.build_absolute_uri("/")}
    return f"{ISSUER}/oauth2/logout?{urlencode(hint)}"


def home(request):
    if not request.user.is_authenticated:
        return HttpResponse('<p><a href="/oidc/authenticate/">Sign in</a>')
    return HttpResponse(f'<p>Hello {escape(request.user.get_full_name())}. <a href="/oidc/logout/">Sign out</a>')


urlpatterns = [path("", home), path("oidc/", include("mozilla_django_oidc.urls"))]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
