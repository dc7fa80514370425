"""A real language model of a few thousand weights that has learned one task's best steps."""

from __future__ import annotations

import numpy as np

from planner.learn.lessons.label import explore
from planner.models.rendering import TaskText
from planner.models.served.strategy import menu_of

_WORDS = r"\n| ?[^\s(),.]+| ?[(),.]"


def taught_texts(space):
    """Prompts and menus of every state of a small space, each with a best answer behind it."""
    text, graph = TaskText(space), explore(space, 10_000)
    plain, menus = [], []
    for state, legal, best in zip(graph.states, graph.steps, graph.best, strict=True):
        if len(legal) < 2 or not best.any():
            continue
        situation = text.situation(state, legal)
        good = int(np.flatnonzero(best)[0])
        plain.append((situation.prompt, f" {situation.steps[good]}\n"))
        messages = menu_of(situation, range(len(legal)))
        menus.append(("\n".join(m["content"] for m in messages), f" {good + 1}\n"))
    return plain + menus


def tokenizer_for(texts):
    """Words with the blank before them, as GPT-2 has them."""
    import re

    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {w: None for text in texts for w in re.findall(_WORDS, text)}
    words |= {f" {n}": None for n in range(1, 10)}
    vocabulary = {word: i for i, word in enumerate(["<unk>", "<end>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORDS), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>")


def train_tiny(space, folder, steps=120):
    """Fit a GPT-2 of two layers to a space's best answers and save it with its tokenizer."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    torch.set_num_threads(1)
    texts = taught_texts(space)
    tokenizer = tokenizer_for([a + b for a, b in texts])
    coded = [(tokenizer.encode(a), tokenizer.encode(b)) for a, b in texts]
    longest = max(len(a) + len(b) for a, b in coded)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=longest + 64,
        n_embd=48,
        n_layer=2,
        n_head=4,
        resid_pdrop=0,
        embd_pdrop=0,
        attn_pdrop=0,
        bos_token_id=1,
        eos_token_id=1,
    )
    lm = GPT2LMHeadModel(config)
    optimizer = torch.optim.AdamW(lm.parameters(), lr=3e-3)
    for step in range(steps):
        batch = [coded[(step * 12 + i) % len(coded)] for i in range(12)]
        width = max(len(a) + len(b) for a, b in batch)
        tokens = torch.tensor([a + b + [1] * (width - len(a) - len(b)) for a, b in batch])
        labels = torch.full_like(tokens, -100)
        for row, (a, b) in enumerate(batch):
            labels[row, len(a) : len(a) + len(b)] = torch.tensor(b)
        loss = lm(input_ids=tokens, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    lm.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return float(loss.detach())
