"""A small reverse proxy that serves a server below a path, and strips the path from each request."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

END_OF_HEAD = b"\r\n\r\n"


@contextlib.contextmanager
def stripping_proxy(upstream_port: int, path: str, port: int) -> Iterator[str]:
    """Runs it in a thread; gives the address below which the server at `upstream_port` is found."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(END_OF_HEAD)
            method, target, rest = head.split(b" ", 2)
            if not target.startswith(f"{path}/".encode()):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
            else:
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", upstream_port)
                stripped = target.removeprefix(path.encode())
                up_writer.write(b" ".join([method, stripped, one_request_only(rest)]))
                await asyncio.gather(pipe(reader, up_writer), pipe(up_reader, writer))
        writer.close()

    loop = asyncio.new_event_loop()  # in a thread, since Playwright has one in this thread
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(handle, "127.0.0.1", port), loop)
    server = starting.result()
    try:
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def one_request_only(head: bytes) -> bytes:
    """Headers after which the connection is closed, so that only the first target needs to be changed."""
    if b"\r\nupgrade:" in head.lower():
        return head
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what arrives until one side ends."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
