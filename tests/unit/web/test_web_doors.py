"""Tokens, keys, cookies and origins."""

import stat
import threading
import time
from collections.abc import Callable

import jwt
import pytest
from conftest import Door

from avatars.keys import ApiKeys, KeyRefused, NameReserved, UnknownRole
from web.auth import (
    FAILURES_ALLOWED,
    FailureLimit,
    LoginLinkUsed,
    TooManyFailures,
    make_login_code,
    redeem_login_code,
)
from web.tokens import (
    API_AUDIENCE,
    PAGE_AUDIENCE,
    Caller,
    SecretTooShort,
    Signer,
    TokenExpired,
    TokenForged,
    read_secret,
)

SECRET = b"s" * 32
OWN = "http://localhost"


def claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    whole = {
        "sub": "key:a",
        "role": "user",
        "aud": API_AUDIENCE,
        "iat": now,
        "exp": now + 60,
        "jti": "x",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def test_a_token_says_who_it_was_made_for() -> None:
    signer = Signer(SECRET)
    caller = Caller("key:a", "user")
    assert signer.read(signer.issue(caller, API_AUDIENCE, 60), API_AUDIENCE) == caller


@pytest.mark.parametrize("missing", ["sub", "aud", "iat", "exp", "jti", "role"])
def test_a_token_that_lacks_a_claim_is_forged(missing: str) -> None:
    token = jwt.encode(claims(**{missing: None}), SECRET, algorithm="HS256")
    with pytest.raises(TokenForged):
        Signer(SECRET).read(token, API_AUDIENCE)


def test_a_token_past_its_time_is_expired() -> None:
    with pytest.raises(TokenExpired):
        Signer(SECRET).read(jwt.encode(claims(exp=1), SECRET, algorithm="HS256"), API_AUDIENCE)


@pytest.mark.parametrize(
    "forge",
    [
        lambda: jwt.encode(claims(), None, algorithm="none"),
        lambda: jwt.encode(claims(), b"another key, long enough for HS256", algorithm="HS256"),
        lambda: jwt.encode(claims(), b"s" * 64, algorithm="HS512"),
        lambda: jwt.encode(claims(aud=PAGE_AUDIENCE), SECRET, algorithm="HS256"),
        lambda: jwt.encode(claims(iat=int(time.time()) + 600), SECRET, algorithm="HS256"),
        lambda: jwt.encode(claims(role=7), SECRET, algorithm="HS256"),
        lambda: "a.b.c",
        lambda: "nonsense",
    ],
    ids=[
        "none",
        "other key",
        "other algorithm",
        "other audience",
        "from the future",
        "role",
        "dots",
        "nonsense",
    ],
)
def test_a_forged_token_opens_nothing(forge: Callable[[], str], nobody) -> None:
    # Made here: one made when the tests were collected is out of date before its turn comes.
    token = forge()
    with pytest.raises(TokenForged):
        Signer(SECRET).read(token, API_AUDIENCE)
    answer = Door(nobody, token).speak()
    assert answer.status_code == 401
    assert answer.json["type"] == "/docs#token-forged"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_token_is_told_so(nobody) -> None:
    answer = Door(nobody, jwt.encode(claims(exp=1), SECRET, algorithm="HS256")).get("/v1/avatars")
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#token-expired")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/utterances"), ("GET", "/v1/utterances"), ("GET", "/v1/utterances/x"),
        ("DELETE", "/v1/utterances/x"), ("POST", "/v1/utterances/x/tickets"),
        ("GET", "/v1/utterances/x/video.mp4"), ("GET", "/v1/utterances/x/captions.vtt"),
        ("GET", "/v1/utterances/x/captions.srt"),
        ("GET", "/v1/avatars"), ("GET", "/v1/avatars/samira"), ("GET", "/v1/avatars/samira/preview"),
        ("GET", "/v1/voices"), ("GET", "/v1/session"),
    ],
)  # fmt: skip
def test_without_a_token_nothing_is_shown(nobody, method: str, path: str) -> None:
    answer = nobody.open(path, method=method)
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#not-signed-in")
    assert "WWW-Authenticate" in answer.headers


def test_a_key_becomes_a_token_either_way_it_is_shown(nobody, house) -> None:
    key = house.keys.create("laptop")
    for options in ({"json": {"key": key}}, {"headers": {"Authorization": f"Bearer {key}"}}):
        answer = nobody.post("/v1/tokens", **options)
        assert (answer.status_code, answer.json["expires_in"]) == (201, 900)
        assert Door(nobody, answer.json["access_token"]).get("/v1/avatars").status_code == 200


def test_a_token_asked_for_with_nothing_is_told_that_a_key_is_missing(nobody) -> None:
    answer = nobody.post("/v1/tokens")
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#key-missing")
    assert answer.content_type == "application/problem+json; charset=utf-8"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("options", "status", "slug"),
    [
        ({"data": "key=ak_x"}, 415, "wrong-content-type"),
        ({"data": "", "content_type": "application/json"}, 400, "not-json"),
        ({"json": {}}, 400, "wrong-fields"),
    ],
)
def test_a_body_that_holds_no_key_is_judged_as_a_body(nobody, options, status: int, slug: str) -> None:
    answer = nobody.post("/v1/tokens", **options)
    assert (answer.status_code, answer.json["type"]) == (status, f"/docs#{slug}")


def test_a_key_in_place_of_a_token_is_told_where_to_go(nobody, house) -> None:
    answer = Door(nobody, house.keys.create("laptop")).get("/v1/avatars")
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#key-instead-of-token")
    assert "/v1/tokens" in answer.json["detail"]


def test_a_refused_key_is_not_told_why(nobody, house) -> None:
    good = house.keys.create("laptop")
    bad = [
        "ak_",
        "x",
        good[:-1],
        good + "A",
        "ak_" + "0" * 16 + good[19:],
        good.replace("ak_", "AK_"),
        "ك" * 40,
    ]
    answers = [nobody.post("/v1/tokens", json={"key": key}) for key in bad]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json["detail"] for answer in answers}) == 1
    assert house.metrics.failed_keys._value.get() == len(bad)


def test_after_many_refused_keys_an_address_has_to_wait(nobody, house) -> None:
    for _ in range(FAILURES_ALLOWED):
        nobody.post("/v1/tokens", json={"key": "ak_x"})
    answer = nobody.post("/v1/tokens", json={"key": house.keys.create("laptop")})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_failures_are_forgotten_after_a_minute() -> None:
    now = [0.0]
    limit = FailureLimit(lambda: now[0])
    for _ in range(FAILURES_ALLOWED):
        limit.note("a")
    with pytest.raises(TooManyFailures):
        limit.check("a")
    limit.check("b")
    now[0] = 61.0
    limit.check("a")


def test_keys_are_kept_as_hashes_and_can_be_revoked(database) -> None:
    keys = ApiKeys(database)
    key = keys.create("laptop", role="admin")
    holder = keys.check(key)
    assert (holder.name, holder.role) == ("laptop", "admin")
    with pytest.raises(UnknownRole):
        keys.create("laptop", role="king")
    assert keys.revoke_named("laptop") == 1
    with pytest.raises(KeyRefused):
        keys.check(key)


def test_what_the_person_at_this_machine_makes_is_theirs_run_after_run(app, house) -> None:
    client, keys = app.test_client(), house.keys
    owners = []
    for _ in range(2):
        key = keys.renew_run_key()
        token = client.post("/v1/tokens", headers={"Authorization": f"Bearer {key}"}).json["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        owners.append(client.get("/v1/session", headers=bearer).json)
    page = app.test_client()
    page.get(f"/login?code={make_login_code(house.logins)}")
    assert owners == [page.get("/v1/session").json] * 2


def test_the_key_of_a_run_ends_with_the_next_and_nobody_else_can_have_its_name(database) -> None:
    keys = ApiKeys(database)
    first, second = keys.renew_run_key(), keys.renew_run_key()
    with pytest.raises(KeyRefused):
        keys.check(first)
    name = keys.check(second).name
    with pytest.raises(NameReserved):
        keys.create(name, role="admin")


def test_a_login_link_signs_the_page_in_once(app, house) -> None:
    client = app.test_client()
    code = make_login_code(house.logins)
    answer = client.get(f"/login?code={code}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/v1/session").json == {"owner": "studio", "role": "admin"}
    assert app.test_client().get(f"/login?code={code}").status_code == 401
    with pytest.raises(LoginLinkUsed):
        redeem_login_code(house.logins, "")


def test_a_person_who_opens_a_used_link_is_shown_the_page(app, house) -> None:
    client = app.test_client()
    answer = client.get("/login?code=used", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/#link-used")
    assert "Set-Cookie" not in answer.headers


def test_a_login_code_is_kept_as_a_hash_and_not_for_long(house, redis) -> None:
    code = make_login_code(redis)
    (key,) = redis.keys("login:*")
    assert code.encode() not in key
    assert 0 < redis.ttl(key) <= 600


@pytest.fixture
def page(app, house):
    client = app.test_client()
    client.get(f"/login?code={make_login_code(house.logins)}")
    return client


def test_a_change_by_cookie_needs_the_pages_own_origin(page) -> None:
    body = {"avatar": "samira", "text": "سلام"}
    assert page.post("/v1/utterances", json=body).status_code == 403
    for origin in ("http://localhost:1", "https://localhost", "null", "http://evil.example"):
        assert page.post("/v1/utterances", json=body, headers={"Origin": origin}).status_code == 403
    assert page.post("/v1/utterances", json=body, headers={"Origin": OWN}).status_code == 201
    assert page.get("/v1/avatars").status_code == 200


def test_signing_out_takes_the_cookie_away(page) -> None:
    assert page.delete("/v1/session", headers={"Origin": OWN}).status_code == 204
    assert page.get("/v1/session").status_code == 401


def test_the_pages_cookie_is_no_bearer_token(page, app) -> None:
    value = page.get_cookie("avatar_session").value
    assert Door(app.test_client(), value).get("/v1/avatars").status_code == 401


def test_a_foreign_origin_is_refused_even_with_a_good_token(door) -> None:
    answer = door.get("/v1/avatars", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json["type"]) == (403, "/docs#foreign-origin")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_name_made_to_point_here_is_not_its_own_origin(door) -> None:
    headers = {"Origin": "http://evil.example", "Host": "evil.example"}
    assert door.get("/v1/avatars", headers=headers).status_code == 403


def test_a_listed_origin_may_call_from_its_page(door, nobody) -> None:
    origin = {"Origin": "https://app.example"}
    assert (
        door.get("/v1/avatars", headers=origin).headers["Access-Control-Allow-Origin"]
        == "https://app.example"
    )
    preflight = nobody.options("/v1/utterances", headers=origin)
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert nobody.options("/v1/utterances", headers={"Origin": "https://other.example"}).status_code == 403


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path) -> None:
    path = tmp_path / "deep" / "secret"
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(read_secret(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["secret"]


def test_a_damaged_secret_is_refused(tmp_path) -> None:
    (tmp_path / "secret").write_text("short")
    with pytest.raises(SecretTooShort):
        read_secret(tmp_path / "secret")
