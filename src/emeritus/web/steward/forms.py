"""What a browser sends from a form: bounded, and read in one shape only."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from emeritus.web.errors import FormTooLarge, FormUnusable, NotAForm

LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 16
_SHAPE = "application/x-www-form-urlencoded"

Form = Mapping[str, str]
"""Each field once, by name; a field that was not sent is not in it."""


def with_form(
    handle: Callable[[Request, Form], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that reads the form, then lets `handle` answer in the thread pool."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(handle, request, await read_form(request))

    return endpoint


async def read_form(request: Request) -> Form:
    """Read the form that a request carries.

    Raises:
        NotAForm: it carries something else.
        FormTooLarge: more than `LARGEST_BODY` bytes; no more than that are read.
        FormUnusable: it broke off, or cannot be read as one.
    """
    shape = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if shape != _SHAPE:
        raise NotAForm(f"expected a form ({_SHAPE}), found {shape[:60] or 'nothing'}")
    data = await _bounded(request)
    try:
        fields = parse_qs(
            data.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as problem:
        raise FormUnusable("expected a form in UTF-8, found something else") from problem
    if any(len(values) > 1 for values in fields.values()):
        raise FormUnusable("expected every field of the form once, found one twice")
    return {name: values[0] for name, values in fields.items()}


async def _bounded(request: Request) -> bytes:
    said = request.headers.get("content-length", "0")
    if said.isascii() and said.isdigit() and int(said[:12]) > LARGEST_BODY:
        raise _too_large()
    data = bytearray()
    try:
        async for part in request.stream():
            data += part
            if len(data) > LARGEST_BODY:
                raise _too_large()
    except ClientDisconnect as problem:
        raise FormUnusable("the form broke off") from problem
    return bytes(data)


def _too_large() -> FormTooLarge:
    return FormTooLarge(f"expected a form of at most {LARGEST_BODY} bytes, found more")
