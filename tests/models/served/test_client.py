"""Failures of a server, tries, budgets and kept answers."""

import json
import logging
import socket
import threading
from contextlib import suppress

import pytest

from planner.errors import ModelBudgetError, ModelServerError
from planner.models.served.client import Client, Refused
from planner.models.served.options import ServerOptions
from planner.models.served.transport import HttpTransport, Reply

from .scripted import Scripted, client_of, said

ASK = ("/chat/completions", [{"seed": 1}])


def test_what_may_pass_is_tried_again_later_each_time():
    busy = Reply(429, b"slow down", retry_after=7)
    client, transport, waits = client_of(
        busy, Reply(500, b"oops"), Reply(200, b'{"choices": [{'), "did not answer", said("1"),
        retries=4,
    )  # fmt: skip

    (answer,) = client.ask(*ASK)

    assert answer == said("1")
    assert waits == [7, 1.0, 2.0, 4.0]
    assert len(transport.sent) == 5
    assert client.spent.calls == 1


@pytest.mark.parametrize(
    ("reply", "message", "tries"),
    [
        (Reply(503, b"no  room"), r"answered 503: 'no room' \(2 tries\)", 2),
        (Reply(200, b"<html>"), r"not JSON: '<html>' \(2 tries\)", 2),
        ("cannot be reached: refused", r"cannot be reached: refused \(2 tries\)", 2),
        (Reply(404, b"what?"), "refused /chat/completions with 404: 'what\\?'", 1),
        (Reply(401, b""), "wants a key", 1),
        (Reply(302, b""), "has moved", 1),
        (Reply(200, b"[1]"), "must answer with a JSON object", 1),
        ({"error": "overloaded"}, "refused /chat/completions", 1),
    ],
)
def test_failures_say_what_happened(reply, message, tries):
    client, transport, _ = client_of(reply, reply, retries=1)
    with pytest.raises(ModelServerError, match=f"http://host/v1.*{message}"):
        client.ask(*ASK)
    assert len(transport.sent) == tries


def test_an_error_in_json_is_a_refusal():
    client, *_ = client_of(Reply(400, b'{"error": "echo is not supported"}'))
    with pytest.raises(Refused, match="echo is not supported"):
        client.ask(*ASK)


def test_budgets_end_a_run():
    answer = said("1") | {"usage": {"total_tokens": 60}}
    client, *_ = client_of(answer, answer, calls=2)
    client.ask("/x", [{"n": 1}, {"n": 2}])
    with pytest.raises(ModelBudgetError, match="asked 2 times"):
        client.ask("/x", [{"n": 3}])
    client, *_ = client_of(answer, answer, tokens=100)
    client.ask("/x", [{"n": 1}, {"n": 2}])
    with pytest.raises(ModelBudgetError, match="used 120 tokens"):
        client.ask("/x", [{"n": 3}])


def test_answers_are_kept_by_content_and_replayed_offline(tmp_path):
    client, *_ = client_of(said("1"), said("2"), cache=str(tmp_path))
    first = client.ask("/x", [{"n": 1}, {"n": 2}])

    again, transport, _ = client_of(cache=str(tmp_path), offline=True)
    replayed = again.ask("/x", [{"n": 1}, {"n": 2}])

    assert replayed == first
    assert transport.sent == []
    assert again.spent.calls == 0
    with pytest.raises(ModelServerError, match="and the answer is not kept"):
        again.ask("/x", [{"n": 3}])


def test_damaged_lines_are_passed_over(tmp_path, caplog):
    client, *_ = client_of(said("1"), cache=str(tmp_path))
    client.ask("/x", [{"n": 1}])
    (file,) = tmp_path.glob("*.jsonl")
    file.write_text(file.read_text() + '{"schema_version": 99}\n[]\n{"key": "half of a li')

    again, *_ = client_of(cache=str(tmp_path), offline=True)

    assert again.ask("/x", [{"n": 1}]) == [said("1")]
    assert "3 lines cannot be read" in caplog.text


def test_several_requests_under_way_come_back_in_order():
    class Echo(Scripted):
        def send(self, url, body, timeout):
            return Reply(200, json.dumps({"choices": [json.loads(body)["n"]]}).encode())

    client = Client(ServerOptions("http://h", model="m", cache="none", parallel=4), Echo())
    answers = client.ask("/x", [{"n": n} for n in range(20)])
    assert [a["choices"] for a in answers] == [[n] for n in range(20)]


def test_the_models_name_is_asked_for():
    client, transport, _ = client_of({"data": [{"id": "only"}]}, said("1"), model="")
    client.ask(*ASK)
    assert transport.sent[1][1]["model"] == "only"
    client, *_ = client_of({"data": [{"id": "a"}, {"id": "b"}]}, model="")
    with pytest.raises(ModelServerError, match="has a, b: say which with #model=NAME"):
        client.ask(*ASK)


def test_the_key_is_sent_and_appears_nowhere_else(tmp_path, monkeypatch, caplog, raw_server):
    monkeypatch.setenv("PLANNER_API_KEY", "s3cret")
    caplog.set_level(logging.DEBUG)
    raw_server.say = b"HTTP/1.1 400 Bad\r\nContent-Length: 13\r\n\r\nno key s3cret"
    options = ServerOptions(raw_server.url, model="m", cache=str(tmp_path), retries=0)

    with pytest.raises(ModelServerError) as caught:
        Client(options).ask(*ASK)
    raw_server.say = b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"choices": [1]}'
    Client(options).ask(*ASK)

    assert b"Authorization: Bearer s3cret" in raw_server.heard
    written = "".join(file.read_text() for file in tmp_path.glob("*.jsonl"))
    assert written
    assert "s3cret" not in str(caught.value) + written + caplog.text


def test_the_key_does_not_travel_unencrypted(monkeypatch, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    transport = HttpTransport()
    assert transport._may_carry_key("https://host/v1")
    assert transport._may_carry_key("http://[::1]:80/v1")
    assert not transport._may_carry_key("http://10.0.0.1/v1")
    assert "not encrypted" in caplog.text


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"cho', "broke off in the middle"),
        (b"", "failed|cannot be reached"),
        (b"SSH-2.0-nonsense\r\n\r\n", "failed|cannot be reached"),
        (None, "did not answer within 0.2 s|timed out"),
    ],
)
def test_broken_connections(raw_server, say, message):
    raw_server.say = say
    options = ServerOptions(raw_server.url, model="m", cache="none", retries=0, timeout=0.2)
    with pytest.raises(ModelServerError, match=message):
        Client(options).ask(*ASK)


@pytest.fixture
def raw_server():
    """A socket that answers every connection with the same bytes; ``None`` never answers."""

    class Raw:
        say = b""
        heard = b""

    raw, listener, done = Raw(), socket.create_server(("127.0.0.1", 0)), threading.Event()
    raw.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    def serve():
        while not done.is_set():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.settimeout(2)
                raw.heard += connection.recv(65536)
                if raw.say is None:
                    done.wait(2)
                else:
                    connection.sendall(raw.say)
                    connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield raw
    done.set()
    # A last visitor wakes the listener; it may hang up on us.
    with (
        suppress(OSError),
        socket.create_connection(listener.getsockname()[:2], timeout=1) as last,
    ):
        last.sendall(b"bye")
    thread.join()
    listener.close()
