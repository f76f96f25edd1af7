"""Echo on trio: one task per connection."""

import trio

from frames import READ_BYTES, Frames, listening, prepare


async def serve(stream):
    frames = Frames()
    try:
        while data := await stream.receive_some(READ_BYTES):
            if replies := frames.answer(data):
                await stream.send_all(replies)
    except (trio.BrokenResourceError, ValueError):
        pass


async def main():
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=511)
    listening(listeners[0].socket.getsockname()[1])
    await trio.serve_listeners(serve, listeners)


prepare()
trio.run(main)
