"""A sandbox says so on every answer, so that nobody takes what he sees there for a decision about somebody."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = (b"rongcuo-sandbox", b"true")


class Sandbox:
    """ASGI application around the whole one: every answer has `Rongcuo-Sandbox: true`, refusals and health too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), HEADER]}
            await send(message)

        await self._app(scope, receive, sending)
