"""How callers get in, as the documents say it."""

from typing import Any

from shared.web.authentication import SCHEME

Json = dict[str, Any]
_SIGNED = {
    "SignedAppId": ("X-App-Id", "签名请求的系统编号。四个请求头一起用，见 docs/signed-requests.md。"),
    "SignedTimestamp": ("X-Timestamp", "1970-01-01T00:00:00Z 以来的毫秒数，与服务时间相差不超过五分钟。"),
    "SignedNonce": ("X-Nonce", "从未用过的随机串。"),
    "SignedSignature": ("X-Signature", "HMAC-SM3(密钥, 规范串) 的 base64。"),
}
SCHEMES: Json = {
    SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "访问令牌，见 docs/tokens.md。"}
} | {
    name: {"type": "apiKey", "in": "header", "name": header, "description": description}
    for name, (header, description) in _SIGNED.items()
}
"""A token, or the four headers of a signed request."""
WAYS_IN: list[Json] = [{SCHEME: []}, {name: [] for name in _SIGNED}]
"""What every operation asks for: the one or the other."""
