"""Echo on asyncio: asyncio_echo.py [--loop asyncio|uvloop] [--style streams|protocol]."""

import argparse
import asyncio

from frames import READ_BYTES, Frames, listening, prepare


async def serve(reader, writer):
    frames = Frames()
    try:
        while data := await reader.read(READ_BYTES):
            writer.write(frames.answer(data))
            await writer.drain()
    except (ConnectionError, ValueError):
        pass
    finally:
        writer.close()


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.frames = Frames()

    def data_received(self, data):
        try:
            self.transport.write(self.frames.answer(data))
        except ValueError:
            self.transport.close()

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main(style):
    if style == "streams":
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=511)
    else:
        server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=511)
    listening(server.sockets[0].getsockname()[1])
    await server.serve_forever()


parser = argparse.ArgumentParser()
parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
parser.add_argument("--style", choices=["streams", "protocol"], default="streams")
options = parser.parse_args()
prepare()
if options.loop == "uvloop":
    import uvloop

    uvloop.install()
asyncio.run(main(options.style))
