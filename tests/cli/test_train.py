"""planner train: options that would change nothing are refused before anything is learned."""

from __future__ import annotations

import click
import pytest

from planner.cli import main
from planner.cli.inputs import problem_files
from planner.io.pddl.load import load_pddl
from tests.conftest import ROOT

GRIPPER = str(ROOT / "rules" / "gripper")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--kind", "rules", "--rules-cpu", "0"), "nothing is left to learn"),
        (("--kind", "rules", "--out", "folder"), "--out changes nothing for --kind rules"),
        (("--kind", "rules", "--rounds", "2"), "--rounds changes nothing"),
        (("--kind", "rules", "--resume"), "--resume changes nothing"),
        (("--kind", "frequency", "--vectors", "glove"), "only lstm, gpt2 and bert read words"),
        (("--vectors", "word2vec"), "--vectors changes nothing for --kind relational"),
        (("--proposals", "2"), "name one"),
    ],
)
def test_options_that_change_nothing_are_refused_at_once(capsys, arguments, complaint):
    # When a training is asked for with such an option.
    with pytest.raises(SystemExit) as ended:
        main(["train", GRIPPER, *arguments])

    # Then it says so, and no task was made.
    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert complaint in err
    assert not out


def test_problems_without_a_kind_fit_no_model_and_say_so(capsys, tmp_path):
    # Given PDDL problems, from which only rules are learned unless a kind of model is named.
    (tmp_path / "domain.pddl").write_text(DOMAIN, encoding="utf-8")
    (tmp_path / "problem.pddl").write_text(PROBLEM, encoding="utf-8")
    places = ["--domain", str(tmp_path / "domain.pddl"), str(tmp_path / "problem.pddl")]

    # When time for a model is given.
    with pytest.raises(SystemExit) as ended:
        main(["train", *places, "--minutes", "2"])

    assert ended.value.code == 2
    assert "nothing is fitted" in capsys.readouterr().err


DOMAIN = """(define (domain lamps) (:predicates (lit ?x))
  (:action light :parameters (?x) :precondition (not (lit ?x)) :effect (lit ?x)))"""
PROBLEM = """(define (problem one) (:domain lamps) (:objects a) (:init) (:goal (lit a)))"""


@pytest.mark.learn
def test_a_budget_of_steps_gives_the_same_weights_after_a_kill_and_resume(
    capsys, tmp_path, monkeypatch
):
    pytest.importorskip("torch")
    from planner.learn.fitting import checkpoint

    def train(folder, *more):
        with pytest.raises(SystemExit) as ended:
            main(["train", *lamps(tmp_path), "--kind", "relational", "--rules-cpu", "0", "--quiet",
                  "--steps", "12", "--out", str(tmp_path / folder), *more])  # fmt: skip
        if ended.value.code:
            return None
        return (tmp_path / folder / "weights.safetensors").read_bytes()

    # Given a training that nobody disturbs, and one that ends right after a checkpoint.
    whole = train("whole")
    saved = checkpoint.save

    def save(*parts):
        saved(*parts)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", save)
    assert train("parts") is None
    monkeypatch.undo()

    # When it goes on, then it ends with the same weights after as many steps.
    assert train("parts", "--resume") == whole
    fits = [line.split(", ")[:3] for line in capsys.readouterr().out.splitlines() if "fit:" in line]
    assert fits[0] == fits[1]


@pytest.mark.learn
def test_going_on_without_a_checkpoint_learns_rules_anew_and_puts_old_ones_aside(
    capsys, tmp_path, monkeypatch
):
    pytest.importorskip("torch")
    import planner.learn.rules.train as rules

    # Given rules of an earlier training, and one that learns none.
    arguments = lamps(tmp_path)
    old = rules.train_rules([load_pddl(*arguments[1:3])[0]], tmp_path / "learned.yaml").file
    assert old
    monkeypatch.setattr(rules, "learn_rules", lambda *tasks, **bounds: None)

    # When it is told to go on though nothing was fitted yet.
    with pytest.raises(SystemExit):
        main(["train", *arguments, "--kind", "relational", "--steps", "2", "--resume", "--quiet"])

    # Then the old rules neither teach the model nor are used by `solve`.
    assert "moved to" in capsys.readouterr().out
    assert not old.exists()
    assert (tmp_path / "learned.yaml.old").exists()


def test_a_folder_of_problems_stands_for_all_of_them_but_the_domain(tmp_path):
    domain, *problems = lamps(tmp_path)[1:]

    assert problem_files([str(tmp_path)], domain) == problems
    (tmp_path / "empty").mkdir()
    with pytest.raises(click.UsageError, match="a folder without PDDL problems"):
        problem_files([str(tmp_path / "empty")], domain)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--out", str(ROOT / "README.md")), "is a file"),
        (("--rules-out", "nowhere/learned.yaml"), "there is no folder nowhere to write it to"),
    ],
)
def test_places_that_cannot_be_written_are_refused_before_any_work(capsys, arguments, complaint):
    with pytest.raises(SystemExit) as ended:
        main(["train", GRIPPER, *arguments])

    out, err = capsys.readouterr()
    assert ended.value.code == 2
    assert complaint in " ".join(err.split())
    assert not out


def lamps(folder):
    """Arguments that name a domain and a few problems."""
    (folder / "domain.pddl").write_text(DOMAIN, encoding="utf-8")
    places = []
    for count in (1, 2, 3):
        names = " ".join("abc"[:count])
        goal = " ".join(f"(lit {name})" for name in "abc"[:count])
        text = PROBLEM.replace("(:objects a)", f"(:objects {names})")
        place = folder / f"problem-{count}.pddl"
        place.write_text(text.replace("(lit a)", f"(and {goal})"), encoding="utf-8")
        places.append(str(place))
    return ["--domain", str(folder / "domain.pddl"), *places]
