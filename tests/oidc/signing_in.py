"""What an app and another system do to get an access token, over HTTP, as the specifications say."""

import html
import re
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.kernel.clock import utc_now

REDIRECT = "http://127.0.0.1/callback"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = re.compile(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"')


def sign_in(realm: str, username: str, password: str) -> dict[str, Any]:
    """Sign a person in (authorization code with PKCE, RFC 7636) and return the answer of the token endpoint."""
    verifier = secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with httpx.Client(timeout=30) as browser:
        page = ask(browser, realm, code_challenge=challenge, code_challenge_method="S256")
        form = _FORM.search(page.text)
        assert form, page.text[:2000]
        cookies = "; ".join(f"{each.name}={each.value}" for each in page.cookies.jar)
        answers = {"username": username, "password": password}
        # Secure cookies: a browser sends them to a loopback address over http, too.
        back = browser.post(html.unescape(form[1]), data=answers, headers={"Cookie": cookies})
        assert back.status_code == httpx.codes.FOUND, back.text[:2000]
        code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
        answer = browser.post(
            f"{realm}/protocol/openid-connect/token",
            data={
                "grant_type": "authorization_code",
                "client_id": "rongcuo-app",
                "code": code,
                "redirect_uri": REDIRECT,
                "code_verifier": verifier,
            },
        )
    assert answer.status_code == httpx.codes.OK, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ask(browser: httpx.Client, realm: str, **more: str) -> httpx.Response:
    """Ask for an authorization code; a browser would show what comes back."""
    asked = {"client_id": "rongcuo-app", "response_type": "code", "redirect_uri": REDIRECT, "scope": "openid"}
    return browser.get(f"{realm}/protocol/openid-connect/auth", params={**asked, "state": "s", **more})


def assertion(realm: str, key: ECKey, **changes: Any) -> str:
    """Return what a system proves itself with (private_key_jwt, RFC 7523 §2.2)."""
    now = int(utc_now().timestamp())
    claims = {"iss": "rongcuo-system", "sub": "rongcuo-system", "aud": realm, "jti": secrets.token_hex(16)}
    header = {"alg": "ES256", "kid": key.kid, "typ": "JWT"}
    return jwt.encode(header, {**claims, "iat": now, "exp": now + 30, **changes}, key, algorithms=["ES256"])


def system_token(realm: str, proof: str) -> httpx.Response:
    """Ask for a token of a system's own (client credentials)."""
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": proof}
    return httpx.post(f"{realm}/protocol/openid-connect/token", data=form)
