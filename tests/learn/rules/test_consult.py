"""A model proposes control rules: what helps is kept, what does not is answered with examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.cli import main
from planner.io.learned_file import dump_learned, load_learned
from planner.io.load import load_rules
from planner.learn.rules.consult import consult
from planner.learn.rules.options import Advice
from planner.learn.rules.train import train_rules, training_tasks
from planner.learn.tasks.examples import load_base
from planner.learned import use_learned
from planner.models.served.options import ServerOptions
from planner.solve import solve
from tests.conftest import ROOT
from tests.models.served.scripted import Scripted, said
from tests.placed import PLACED

BLOCKSWORLD = ROOT / "rules" / "blocksworld"
NOTHING = Advice((), (), {})
SERVER = ServerOptions("http://host/v1", model="sage", cache="none", retries=0)

GOOD = f"""Blocks are laid down until the lowest wrong one is free:

```yaml
{PLACED}\
  - name: never
    if: on(?x, ?x)
    prefer: unstack(?x, ?x)
    rank: 9
```
"""
USELESS = """```yaml
control:
  - name: fidget
    if: clear(?x) and ontable(?x)
    prefer: pick-up(?x)
```"""
MISTAKEN = "```yaml\ncontrol:\n  - if: claer(?x)\n    prefer: pick-up(?x)\n```"
ENDLESS = """```yaml
predicates: {n(int): x}
rules:
  - then: n(0)
  - if: n(?x) and ?y = ?x + 1
    then: n(?y)
control:
  - if: n(?x) and clear(?b)
    prefer: pick-up(?b)
```"""
TWO_VALUES = """```yaml
predicates:
  f(block, block):
    functional: true
rules:
  - if: clear(?x) and block(?y)
    then: f(?x, ?y)
control:
  - if: f(?b, ?c)
    prefer: pick-up(?b)
```"""
UNSOUND = "```yaml\nrules:\n  - if: block(?x)\n    then: clear(?x)\ncontrol: []\n```"


@pytest.fixture(scope="module")
def tasks():
    return training_tasks(load_base(BLOCKSWORLD))[::4]


def asked(tasks, *answers, advice=NOTHING, **options):
    script = Scripted(*(said(answer) if isinstance(answer, str) else answer for answer in answers))
    rounds = options.pop("rounds", len(answers))
    found = consult(tasks[0].rules, tasks, advice, SERVER, rounds=rounds, transport=script)
    told = [body["messages"][-1]["content"] for _, body in script.sent]
    return found, told


def test_rules_that_help_are_kept_with_their_derived_predicates(tasks, tmp_path):
    found, _ = asked(tasks, GOOD)

    assert found.helped == 1
    assert [p.name for p in found.advice.predicates] == ["placed"]
    assert found.advice.sources["build"] == "proposed by sage"
    # What changes nothing is left out.
    assert "never" not in [rule.name for rule in found.advice.control]


def test_a_first_proposal_is_tried_however_late_it_comes(tasks):
    found = consult(tasks[0].rules, tasks, NOTHING, SERVER, cpu_s=0, transport=Scripted(said(GOOD)))

    assert (found.asked, found.helped) == (1, 1)
    assert "the time for trials is up" in found.render()


def test_a_page_of_rules_is_waited_for_longer_than_a_line(tasks):
    waited = []

    class Slow(Scripted):
        def send(self, url, body, timeout):
            waited.append(timeout)
            return super().send(url, body, timeout)

    for server in (SERVER, replace(SERVER, timeout=5.0)):
        consult(tasks[0].rules, tasks[:3], NOTHING, server, rounds=1, transport=Slow(said(USELESS)))

    assert waited == [900.0, 5.0]


def test_what_does_not_help_is_answered_with_a_task_on_which_it_fails(tasks):
    found, told = asked(tasks, USELESS, GOOD)

    # The base and a task come first; then the counterexample, with what the rule did on it.
    assert "rulebase: blocksworld" in told[0]
    assert "goal:" in told[0]
    assert told[1].startswith("It does not help")
    assert "fidget: (pick-up" in told[1]
    assert "Changing facts that hold: " in told[1]
    assert (found.asked, found.helped) == (2, 1)


def test_a_second_meaning_of_a_predicate_needs_rules_of_its_own(tasks):
    good, _ = asked(tasks[:3], GOOD)
    other = """```yaml
predicates: {placed(block): x}
rules: [{if: "clear(?x)", then: placed(?x)}]
order: ["on(?x, ?y) after on(?y, ?z)"]
```"""
    found, told = asked(tasks[:3], other, USELESS, advice=good.advice)

    assert "defines a predicate in a second way" in told[1]
    assert found.advice == good.advice


def test_harm_is_shown_on_a_task_that_was_solved_before(tasks):
    # Given rules that help, when others use their predicate in another sense.
    good, _ = asked(tasks, GOOD)
    other = USELESS.replace("control:", "predicates: {placed(block): x}\ncontrol:")

    found, told = asked(tasks, other, USELESS, advice=good.advice)

    assert found.helped == 0
    assert found.advice == good.advice
    assert "steps were enough before" in told[1]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (MISTAKEN, "did you mean `clear`?"),
        (UNSOUND, "`clear` belongs to the rule base and cannot be derived here"),
        (ENDLESS, "`n` has numbers"),
        (TWO_VALUES, "`f` is functional, and has two values"),
        ("I would rather talk of something else.", "It cannot be read"),
        ("```yaml\npredicates: {odd(block): x}\n```", "neither `control:` nor `order:`"),
    ],
)
def test_mistakes_are_answered_with_their_place(tasks, answer, complaint):
    found, told = asked(tasks[:3], answer, USELESS)

    assert complaint in told[1]
    assert found.helped == 0


def test_a_server_that_fails_leaves_what_was_kept(tasks):
    found, _ = asked(tasks, GOOD, {"error": "out of order"}, rounds=3)

    assert (found.asked, found.helped) == (1, 1)
    assert found.advice.control
    assert "ended early" in found.render()


def test_what_is_kept_is_written_read_and_followed(tasks, tmp_path, monkeypatch):
    # Given a server, when rules are trained with its advice.
    script = Scripted(said(GOOD))
    monkeypatch.setattr("planner.models.served.client.HttpTransport", lambda: script)
    base = tmp_path / "rules.yaml"
    base.write_text((BLOCKSWORLD / "rules.yaml").read_text())
    rules = load_rules(base)
    tasks = training_tasks(load_base(base))[::4]
    report = train_rules(tasks, cpu_s=0.5, advisor=SERVER, proposals=1)
    # Then the file has them, reads back the same, and `solve` follows them.
    assert "asked for rules 1 time: one of its proposals helps" in report.render()
    learned = load_learned(report.file, rules)
    assert load_learned_again(learned, rules, tmp_path) == learned
    task, _, notes = use_learned(tasks[-1], "none")
    assert any("learned rules" in note for note in notes)
    assert solve(task).search.startswith("rules without grounding")


def load_learned_again(learned, rules, folder):
    file = folder / "again.yaml"
    file.write_text(dump_learned(learned))
    return load_learned(file, rules)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("rules/gripper", "--rules-cpu", "0"), "--rules-cpu 0 learns none"),
        (("rules/countdown",), "none are learned where actions create"),
        (("rules/gripper", "rules/routes", "--out", "x"), "--advisor cannot be used"),
        (("rules/gripper", "--advisor", "ftp://host"), "is not the URL of a model server"),
    ],
)
def test_an_advisor_that_has_nothing_to_say_is_refused(capsys, monkeypatch, arguments, complaint):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        main(["train", "--advisor", "http://host/v1", *arguments])

    assert ended.value.code in (2, 31)
    assert complaint in capsys.readouterr().err
