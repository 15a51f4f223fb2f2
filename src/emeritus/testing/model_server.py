"""A server of models as vendors run them, on this machine: two dialects, a script, and faults."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Mapping[str, str], bytes]


@dataclass
class ModelServer:
    """What was asked of the server, and what it does.

    Attributes:
        address: `http://127.0.0.1:PORT`.
        says: the answer to the last turn of a conversation.
        faults: replies that come first, one a request; an `OSError` closes the connection.
        asked: every request: path, headers in lower case, body.
    """

    says: Callable[[str], str]
    address: str = ""
    faults: list[Reply | OSError] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)

    def reply(self, path: str, headers: dict[str, str], body: bytes) -> Reply | OSError:
        """Answer as the vendors' documents say."""
        said = json.loads(body)
        self.asked.append((path, headers, said))
        if self.faults:
            return self.faults.pop(0)
        last = said["messages"][-1]["content"]
        text = self.says(last)
        if path.endswith("/chat/completions"):
            answer: dict[str, Any] = {
                "id": f"chatcmpl-{len(self.asked)}",
                "object": "chat.completion",
                "created": 1_700_000_000,
                "model": said["model"] + "-0125",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": text},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
            }
        else:
            answer = {
                "id": f"msg_{len(self.asked)}",
                "type": "message",
                "role": "assistant",
                "model": said["model"],
                "content": [{"type": "text", "text": text}] if text else [],
                "stop_reason": "end_turn",
                "stop_sequence": None,
                "usage": {"input_tokens": 7, "output_tokens": 3},
            }
        return 200, {"content-type": "application/json"}, json.dumps(answer).encode()


@contextmanager
def model_server(says: Callable[[str], str]) -> Iterator[ModelServer]:
    """Serve in a thread, on a port of its own, while the context lasts."""
    server = ModelServer(says)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the standard library's name
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = server.reply(self.path, headers, body)
            if isinstance(found, OSError):
                self.close_connection = True
                self.connection.close()
                return
            status, more, data = found
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name there
            del format, args

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.address = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
