"""Ways in: the one-time link and the API token."""

import datetime
import stat

import pytest
from axes.models import AccessLog
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.trainer.rows import at_once
from trainer.models import SignInLink
from trainer.services.access import (
    ATTEMPT_DAYS,
    LINK_HOURS,
    access_forget_old,
    api_token_ensure,
    api_token_user,
    operator_ensure,
    sign_in_link_create,
    sign_in_link_use,
    token_digest,
)

pytestmark = [pytest.mark.portable, pytest.mark.django_db]


@pytest.fixture
def token_file(settings, tmp_path):
    settings.ACC_API_TOKEN = ""
    settings.ACC_API_TOKEN_FILE = tmp_path / "api-token"
    return settings.ACC_API_TOKEN_FILE


def test_a_link_signs_in_once():
    user = operator_ensure()
    token = sign_in_link_create(user)
    assert sign_in_link_use(token) == user
    assert sign_in_link_use(token) is None


@pytest.mark.django_db(transaction=True)
def test_a_link_opened_twice_at_once_signs_in_once():
    token = sign_in_link_create(operator_ensure())
    results = at_once(*[lambda: sign_in_link_use(token)] * 3)
    assert sum(result is not None for result in results) == 1


def test_the_link_itself_is_not_stored():
    token = sign_in_link_create(operator_ensure())
    assert token not in SignInLink.objects.get().token_sha256


def test_what_lets_nobody_in_any_more_is_forgotten_and_nothing_else():
    user, now = operator_ensure(), timezone.now()
    fresh, old = sign_in_link_create(user), sign_in_link_create(user)
    passed = now - datetime.timedelta(seconds=1)
    SignInLink.objects.filter(token_sha256=token_digest(old)).update(expires_at=passed)
    for key, expires in (("over", passed), ("open", now + datetime.timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
    for name, days in (("long-ago", ATTEMPT_DAYS + 1), ("lately", ATTEMPT_DAYS - 1)):
        log = AccessLog.objects.create(username=name, path_info="/", http_accept="")
        AccessLog.objects.filter(pk=log.pk).update(attempt_time=now - datetime.timedelta(days=days))
    access_forget_old()
    assert [link.token_sha256 for link in SignInLink.objects.all()] == [token_digest(fresh)]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert list(AccessLog.objects.values_list("username", flat=True)) == ["lately"]


def test_an_old_link_is_no_way_in():
    token = sign_in_link_create(operator_ensure())
    SignInLink.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert sign_in_link_use(token) is None


def test_a_link_lasts_for_hours():
    sign_in_link_create(operator_ensure())
    left = SignInLink.objects.get().expires_at - timezone.now()
    assert datetime.timedelta(hours=LINK_HOURS - 1) < left


def test_a_link_of_somebody_who_was_shut_out_is_no_way_in():
    user = operator_ensure()
    token = sign_in_link_create(user)
    user.is_active = False
    user.save()
    assert sign_in_link_use(token) is None


def test_an_invented_link_is_no_way_in():
    assert sign_in_link_use("invented") is None


def test_the_first_user_is_made_once_and_has_no_password():
    user = operator_ensure()
    assert (user.is_superuser, user.is_staff, user.has_usable_password()) == (True, True, False)
    assert operator_ensure() == user


@pytest.mark.django_db(transaction=True)
def test_two_first_requests_at_once_make_one_user():
    results = at_once(operator_ensure, operator_ensure)
    assert results[0] == results[1]
    assert get_user_model().objects.count() == 1


def test_an_administrator_who_is_there_is_taken(django_user_model):
    boss = django_user_model.objects.create_superuser("boss")
    assert operator_ensure() == boss


def test_the_token_is_kept_in_a_file_for_its_owner_alone(token_file):
    token = api_token_ensure()
    assert len(token) > 30
    assert token_file.read_text().strip() == api_token_ensure() == token
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert [path.name for path in token_file.parent.iterdir()] == ["api-token"]


def test_two_first_starts_at_once_agree_on_the_token(token_file):
    tokens = at_once(*[api_token_ensure] * 4)
    assert len(set(tokens)) == 1


def test_a_token_of_the_environment_goes_first(token_file, settings):
    settings.ACC_API_TOKEN = "fixed"
    assert api_token_ensure() == "fixed"
    assert not token_file.exists()


def test_only_the_token_lets_in(token_file):
    assert api_token_user(api_token_ensure()) == operator_ensure()
    for wrong in ("", "x", api_token_ensure() + "x", "ü"):
        assert api_token_user(wrong) is None


def test_an_empty_token_file_lets_nobody_in(token_file):
    token_file.write_text("")
    assert api_token_user("") is None
