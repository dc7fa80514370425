"""A model server in miniature: a local causal language model behind the API that OpenAI made usual.

    python examples/model_server.py FOLDER --port 8000
    planner solve task.yaml --model http://127.0.0.1:8000/v1

For trying things out and for tests: one request at a time, on this machine only. FOLDER holds a
model and a tokenizer of transformers.
"""

from __future__ import annotations

import argparse
import json
import random
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any  # JSON

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


class LanguageModel:
    """What the server can do with text."""

    def __init__(self, folder: Path) -> None:
        torch.set_num_threads(1)
        self.name = folder.name
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.lm = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()

    def log_probs(self, tokens: list[int]) -> torch.Tensor:
        """Shape (tokens, vocabulary): what follows each token."""
        with torch.inference_mode():
            return self.lm(input_ids=torch.tensor([tokens])).logits[0].float().log_softmax(dim=1)

    def echo(self, text: str) -> dict[str, Any]:
        """The tokens of a text, where each begins, and its log-probability (the first has none)."""
        coded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = coded["input_ids"], coded["offset_mapping"]
        after = self.log_probs(ids)
        values = [None, *(float(after[i, t]) for i, t in enumerate(ids[1:]))]
        return {
            "tokens": [text[start:end] for start, end in offsets],
            "text_offset": [start for start, _ in offsets],
            "token_logprobs": values,
            "top_logprobs": None,
        }

    def write(
        self, text: str, most: int, temperature: float, rng: random.Random, stop: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        """Continue a text; each token comes with the likeliest ones in its place."""
        new = self.tokenizer.encode(text, add_special_tokens=False)
        written: list[dict[str, Any]] = []
        read = None
        for _ in range(most):
            # What was read before is not read again.
            with torch.inference_mode():
                answer = self.lm(
                    input_ids=torch.tensor([new]), past_key_values=read, use_cache=True
                )
            read, last = answer.past_key_values, answer.logits[0, -1].float().log_softmax(dim=0)
            if temperature:
                weights = (last / temperature).softmax(dim=0).tolist()
                chosen = rng.choices(range(len(weights)), weights)[0]
            else:
                chosen = int(last.argmax())
            if chosen == self.tokenizer.eos_token_id:
                break
            values, tokens = last.topk(min(20, len(last)))
            top = [
                {"token": self.tokenizer.decode([token]), "logprob": value}
                for token, value in zip(tokens.tolist(), values.tolist(), strict=True)
            ]
            word = self.tokenizer.decode([chosen])
            written.append({"token": word, "logprob": float(last[chosen]), "top_logprobs": top})
            new = [chosen]
            if any(end in word for end in stop):
                break
        return written

    def chat_text(self, messages: list[dict[str, str]]) -> str:
        """A conversation as one text, by the model's own template where it has one."""
        if self.tokenizer.chat_template:
            return self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        return "\n".join(message["content"] for message in messages)


class Handler(BaseHTTPRequestHandler):
    """Two ways to complete, and the list of models."""

    server: ModelServer

    def do_GET(self) -> None:
        """``/v1/models``."""
        if self.path.endswith("/models"):
            self.answer(200, {"object": "list", "data": [{"id": self.server.model.name}]})
        else:
            self.answer(404, {"error": {"message": f"no such path: {self.path}"}})

    def do_POST(self) -> None:
        """``/v1/completions`` and ``/v1/chat/completions``."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests += 1
        if self.path.endswith("/chat/completions"):
            self.answer(200, self.chat(body))
        elif self.path.endswith("/completions"):
            self.answer(200, self.complete(body))
        else:
            self.answer(404, {"error": {"message": f"no such path: {self.path}"}})

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Score the prompts: what is written behind them is empty here."""
        prompts = body["prompt"] if isinstance(body["prompt"], list) else [body["prompt"]]
        choices = [
            {"index": i, "text": prompt, "logprobs": self.server.model.echo(prompt)}
            for i, prompt in enumerate(prompts)
        ]
        return self.with_usage(choices, sum(len(c["logprobs"]["tokens"]) for c in choices))

    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer a conversation, ``n`` times."""
        model, rng = self.server.model, random.Random(body.get("seed", 0))
        text = model.chat_text(body["messages"])
        stop = body.get("stop") or ()
        stop = (stop,) if isinstance(stop, str) else tuple(stop)
        choices, tokens = [], 0
        for index in range(body.get("n", 1)):
            written = model.write(text, body["max_tokens"], body.get("temperature", 1), rng, stop)
            said = "".join(word["token"] for word in written)
            choice = {"index": index, "message": {"role": "assistant", "content": said}}
            choices.append(
                choice | {"logprobs": {"content": written} if body.get("logprobs") else None}
            )
            tokens += len(written)
        return self.with_usage(choices, tokens)

    def with_usage(self, choices: list[dict[str, Any]], tokens: int) -> dict[str, Any]:
        """The answer, with what it cost."""
        return {
            "model": self.server.model.name,
            "choices": choices,
            "usage": {"total_tokens": tokens},
        }

    def answer(self, status: int, content: dict[str, Any]) -> None:
        """Send JSON."""
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


class ModelServer(HTTPServer):
    """A server of one model; ``requests`` counts what it was asked."""

    def __init__(self, address: tuple[str, int], model: LanguageModel) -> None:
        self.model = model
        self.requests = 0
        super().__init__(address, Handler)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    server = ModelServer(("127.0.0.1", arguments.port), LanguageModel(arguments.folder))
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
