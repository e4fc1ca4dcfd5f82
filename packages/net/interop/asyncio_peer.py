"""The other side of run.mjs: `client PORT|PATH` sends its input and prints what comes back, `server PORT|PATH` echoes."""

import asyncio
import sys


async def client(target: str) -> None:
    if target.isdigit():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(target))
    else:
        reader, writer = await asyncio.open_unix_connection(target)

    async def send() -> None:
        writer.write(sys.stdin.buffer.read())
        await writer.drain()
        writer.write_eof()

    _, data = await asyncio.gather(send(), reader.read())
    sys.stdout.buffer.write(data)
    writer.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
    writer.close()


async def server(target: str) -> None:
    if target.isdigit():
        listening = await asyncio.start_server(echo, "127.0.0.1", int(target))
        print("ready", listening.sockets[0].getsockname()[1], flush=True)
    else:
        listening = await asyncio.start_unix_server(echo, target)
        print("ready", flush=True)
    await listening.serve_forever()


asyncio.run({"client": client, "server": server}[sys.argv[1]](sys.argv[2]))
