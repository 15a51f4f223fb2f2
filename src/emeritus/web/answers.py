"""One way to answer: a body, how long it may be kept, and its entity tag."""

from starlette.requests import Request
from starlette.responses import Response

from emeritus.foundation import sha256_hex

ASK_AGAIN = "no-cache"
"""Keep it, but ask whether it changed before every use (RFC 9111, section 5.2.2.4)."""

FOR_EVER = "public, max-age=31536000, immutable"
"""The content under this address never changes (RFC 8246)."""

_TAG_DIGITS = 32


def answer(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    keep: str = ASK_AGAIN,
) -> Response:
    """Answer with a body, or with 304 when the reader holds it already (RFC 9110, section 13)."""
    tag = f'"{sha256_hex(body)[:_TAG_DIGITS]}"'
    headers = {"ETag": tag, "Cache-Control": keep}
    if tag in _held(request):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _held(request: Request) -> set[str]:
    tags = request.headers.get("if-none-match", "").split(",")
    return {tag.strip().removeprefix("W/") for tag in tags}
