"""Every address of the site, and for each library the policy of its views."""

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from allauth.usersessions import urls as usersessions_urls
from csp.decorators import csp
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from training_site.accounts import views as accounts
from training_site.accounts.policies import account, for_roles, guard, public, signed_in
from training_site.accounts.roles import STAFF
from training_site.common import private_files
from training_site.common import views as common

# The one sign-in page. Libraries bring others, which would take a password without the second factor.
to_sign_in = public(RedirectView.as_view(pattern_name="account_login", query_string=True))

decorate_urlpatterns(wagtailadmin_urls.urlpatterns, csp(settings.CMS_CONTENT_SECURITY_POLICY))
for library in (account_urls, mfa_urls, usersessions_urls):
    guard(library.urlpatterns, account)
guard(wagtailadmin_urls.urlpatterns, for_roles(*STAFF))
guard(wagtaildocs_urls.urlpatterns, signed_in)
guard(wagtail_urls.urlpatterns, public)

urlpatterns: list[URLPattern | URLResolver] = [
    path("live", public(common.live), name="live"),
    path("ready", public(common.ready), name="ready"),
    path("files/<slug:kind>/<str:pk>/", signed_in(private_files.serve), name="private_file"),
    path("my/", include("training_site.accounts.urls")),
    path("learn/", include("courses.urls")),
    path("learn/<int:pk>/practice/", include("courses.practice_urls")),
    path("train/observations/", include("certification.urls.train")),
    path("assess/", include("certification.urls.assess")),
    path("train/", include("courses.train_urls")),
    path("cases/application/", include("certification.urls.applying")),
    path("cases/<slug:ref>/photos/", include("certification.urls.photos")),
    path("cases/<slug:ref>/client/", include("certification.urls.client")),
    path("cases/<slug:ref>/hand-in/", include("certification.urls.handing_in")),
    path("cases/<slug:ref>/result/", include("certification.urls.results")),
    path("cases/", include("certification.urls.cases")),
    path("consent/<str:token>/", include("certification.urls.consent")),
    path("observe/<str:token>/", include("certification.urls.observe")),
    path("accounts/invitation/<str:token>/", accounts.accept_invitation, name="accept_invitation"),
    path("accounts/2fa/", include(mfa_urls)),
    path("accounts/sessions/", include(usersessions_urls)),
    path("accounts/", include(account_urls)),
    path("cms/login/", to_sign_in),
    path("cms/password_reset/", to_sign_in),
    path("cms/logout/", public(RedirectView.as_view(pattern_name="account_logout"))),
    path("_util/login/", to_sign_in),
    path("django-admin/login/", to_sign_in),
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
]

if settings.DEBUG or settings.SHOW_STYLEGUIDE:
    from training_site import styleguide

    urlpatterns += [path("styleguide/", public(styleguide.styleguide), name="styleguide")]

if settings.DEBUG:
    from django.conf.urls.static import static
    from django.views.static import serve

    urlpatterns += static(settings.MEDIA_URL, view=public(serve), document_root=settings.MEDIA_ROOT)

urlpatterns += [path("", include(wagtail_urls))]
