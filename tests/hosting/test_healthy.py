"""The probe of a container's health asks its own process, whatever proxy the container is told to use."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("status", "code"), [("200 OK", 0), ("503 Service Unavailable", 1), ("204 No Content", 1)])
async def test_only_200_is_healthy_and_no_proxy_is_asked(status: str, code: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/healthz"
        environment = {**os.environ, "http_proxy": "http://127.0.0.1:1", "no_proxy": ""}  # noqa: TID251 - handed on
        probe = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "rongcuo.healthy", address, cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
        )
        await probe.communicate()
    assert probe.returncode == code
