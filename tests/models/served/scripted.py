"""A transport that answers from a list, and situations to ask about."""

import json

from planner.models.rendering import Situation
from planner.models.served.client import Client
from planner.models.served.options import ServerOptions
from planner.models.served.transport import Reply, Unreachable


class Scripted:
    """Gives the replies it was made with, in turn; a text is an exception, a dict is JSON."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.sent = []

    def send(self, url, body, timeout):
        self.sent.append((url, None if body is None else json.loads(body)))
        reply = self.replies.pop(0)
        if isinstance(reply, str):
            raise Unreachable(reply)
        if isinstance(reply, dict):
            return Reply(200, json.dumps(reply).encode())
        return reply


def client_of(*replies, **options):
    """A client with a scripted server, the script, and the waits it makes."""
    transport, waits = Scripted(*replies), []
    settings = ServerOptions("http://host/v1", **{"model": "m", "cache": "none", **options})
    return Client(settings, transport, waits.append), transport, waits


def situation(*steps):
    return Situation("Goal: g.\nThe best next step:", steps, ("",) * len(steps))


def menu_answer(**mass):
    """A chat answer whose first token has the probabilities given, ``_1=0.5``."""
    import math

    top = [{"token": k.removeprefix("_"), "logprob": math.log(p)} for k, p in mass.items()]
    content = [{"token": top[0]["token"], "logprob": top[0]["logprob"], "top_logprobs": top}]
    return {"choices": [{"message": {"content": "?"}, "logprobs": {"content": content}}]}


def said(*texts):
    """A chat answer with several choices."""
    return {"choices": [{"message": {"role": "assistant", "content": t}} for t in texts]}
