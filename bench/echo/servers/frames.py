"""What the Python servers of this folder share: cut int32 frames, parse each request, and give all replies as bytes."""

import json
import resource

MAX_FRAME_BYTES = 1 << 20
READ_BYTES = 1 << 16


class Frames:
    """One connection's input."""

    def __init__(self):
        self.rest = b""

    def answer(self, data):
        """The replies to every request that these bytes complete. Raises ValueError for what cannot be."""
        data = self.rest + data if self.rest else data
        replies = []
        at = 0
        while len(data) - at >= 4:
            length = int.from_bytes(data[at : at + 4], "big", signed=True)
            if not 0 <= length <= MAX_FRAME_BYTES:
                raise ValueError(f"a frame of {length} bytes")
            end = at + 4 + length
            if end > len(data):
                break
            replies.append(reply(json.loads(data[at + 4 : end])))
            at = end
        self.rest = data[at:]
        return b"".join(replies)


def reply(request):
    message = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "echo":
        message["result"] = request["params"]
    else:
        message["error"] = {"code": -32601, "message": "Method not found"}
    text = json.dumps(message).encode()
    return len(text).to_bytes(4, "big") + text


def prepare():
    """As many descriptors as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listening(port):
    print(f"listening on 127.0.0.1:{port}", flush=True)
