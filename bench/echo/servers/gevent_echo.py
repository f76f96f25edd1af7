"""Echo on gevent: one greenlet per connection."""

from gevent.server import StreamServer

from frames import READ_BYTES, Frames, listening, prepare


def serve(connection, _address):
    frames = Frames()
    try:
        while data := connection.recv(READ_BYTES):
            if replies := frames.answer(data):
                connection.sendall(replies)
    except (OSError, ValueError):
        pass


prepare()
server = StreamServer(("127.0.0.1", 0), serve, backlog=511)
server.init_socket()
listening(server.server_port)
server.serve_forever()
