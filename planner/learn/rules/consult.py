"""Have a language model propose control rules; the engine tries them and answers with examples.

The model is shown the rule base, what was learned, and a task on which that falls short. It
proposes; what does not help is answered with the place of a mistake or with a counterexample, and
it may try again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import ModelBudgetError, ModelServerError
from planner.io.dump import dump_rules
from planner.io.learned_file import LearnedFile, dump_learned
from planner.learn.rules.proposals import Trials
from planner.models.served.client import Client
from planner.models.served.conversation import Conversation
from planner.models.served.options import LONG_ANSWER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.task import RuleBase, Task
    from planner.learn.rules.options import Advice
    from planner.learn.rules.proposals import Standing
    from planner.models.served.options import ServerOptions
    from planner.models.served.transport import Transport

__all__ = ["Consultation", "consult"]

_log = logging.getLogger(__name__)

_TASKS = 24  # on which proposals are tried
_REQUEST = "Propose better rules."

_OPENING = """\
You write control rules for a planner. A control rule says which steps to take in which states; \
the planner follows the best rule that applies, step by step, without search. Your rules are tried \
on tasks, and you are told how they fare.

Answer with one YAML document in a fence, of this form (here for parcels and vans):

```yaml
predicates:            # optional: derived predicates of your own, for your rules to read
  done(parcel): "{0} is where it shall be"
rules:                 # what defines them; `goal p(..)` holds where the goal asks for p(..)
  - if: goal at(?p, ?to) and at(?p, ?to)
    then: done(?p)
control:
  - name: unload
    for: at(?p, ?to)   # optional: a goal that is open and not waiting for another
    if: in(?p, ?v) and at-van(?v, ?to)
    prefer: unload(?p, ?v, ?to)
    rank: 0            # lower ranks are asked first
  - name: fetch
    for: at(?p, ?to)
    if: at(?p, ?from) and at-van(?v, ?here)
    do:
      - walk ?v from ?here to ?from
      - load(?p, ?v, ?from)
    rank: 1
order:                 # optional: goals that wait for others
  - at(?x, ?to) after at(?y, ?to) if under(?y, ?x)
```

Conditions join atoms by `and`, `or`, `not` and comparisons such as `?x != ?y`; `?` alone is any \
object; `open p(..)` holds where the goal asks for p(..) and it is not true. `walk` stands for the \
steps that move something along a shortest way. Only actions and predicates of the rule base, and \
predicates that you declare, may be used.
"""


@dataclass(frozen=True, slots=True)
class Consultation:
    """What came of asking.

    Attributes:
        advice: with what is kept.
        before, after: the score in words.
        asked: how often the model was asked.
        helped: how many of its proposals are kept.
        problem: why it ended early, or ``""``.
    """

    advice: Advice
    before: str
    after: str
    asked: int
    helped: int
    problem: str = ""

    def render(self) -> str:
        """A few lines for a person."""
        kept = {0: "none of its proposals helps", 1: "one of its proposals helps"}
        lines = [
            f"asked for rules {self.asked} {'time' if self.asked == 1 else 'times'}: "
            f"{kept.get(self.helped, f'{self.helped} of its proposals help')}"
        ]
        if self.helped:
            lines += [f"before: {self.before}", f"now: {self.after}"]
        return "\n".join([*lines, *([f"ended early: {self.problem}"] if self.problem else [])])


def consult(
    base: RuleBase,
    tasks: Sequence[Task],
    advice: Advice,
    server: ServerOptions,
    *,
    rounds: int = 3,
    cpu_s: float = 60.0,
    transport: Transport | None = None,
) -> Consultation:
    """Ask a model server for control rules, and keep what helps.

    A server that fails ends the consultation; what was kept so far stays.

    Args:
        base: the rule base.
        tasks: training tasks, of which some of all sizes are used.
        advice: what was learned.
        server: whom to ask.
        rounds: how often.
        cpu_s: CPU seconds for trials, beyond those of one proposal.
        transport: carries the requests; ``None`` is HTTP.
    """
    until = time.process_time() + cpu_s
    author = f"proposed by {server.model or 'a model server'}"
    trials = Trials(base, _spread(tasks), author, lambda: time.process_time() < until)
    standing = trials.standing(advice)
    before = trials.summary(standing)
    # On a small machine a page of rules takes minutes.
    patient = replace(server, timeout=server.timeout or LONG_ANSWER_S)
    conversation = Conversation(Client(patient, transport), _OPENING)
    text, asked, helped, problem = _question(base, trials, standing), 0, 0, ""
    while asked < rounds and not problem:
        try:
            answer = conversation.say(text)
        except (ModelServerError, ModelBudgetError) as error:
            problem = str(error)
            break
        asked += 1
        verdict = trials.examine(answer, standing)
        _log.info("proposal %d: %s", asked, verdict.told.partition("\n")[0])
        text = verdict.told
        if verdict.standing is not None:
            standing, helped = verdict.standing, helped + 1
            text += f"\n\nWhere it still falls short:\n{trials.weakness(standing)}"
        text += f"\n\n{_REQUEST}"
        if time.process_time() >= until:
            problem = "the time for trials is up"
    if helped:
        # Better rules leave others without work; what no task needs is only more to read.
        standing = replace(standing, advice=trials.without_idle(standing.advice, tasks))
    return Consultation(standing.advice, before, trials.summary(standing), asked, helped, problem)


def _spread(tasks: Sequence[Task]) -> list[Task]:
    """Some tasks of all sizes."""
    ordered = sorted(tasks, key=lambda task: len(task.objects))
    count = min(_TASKS, len(ordered))
    return [ordered[(i + 1) * len(ordered) // count - 1] for i in range(count)]


def _question(base: RuleBase, trials: Trials, standing: Standing) -> str:
    advice = standing.advice
    parts = ["The rule base:", dump_rules(replace(base, control=(), orders=()))]
    if advice.control:
        learned = LearnedFile(
            advice.control,
            advice.orders,
            "",
            advice.sources,
            predicates=advice.predicates,
            rules=advice.rules,
        )
        parts += ["The control rules there are:", dump_learned(learned)]
    parts += [trials.summary(standing), "Where they fall short:" if advice.control else "A task:"]
    return "\n".join([*parts, trials.weakness(standing), f"\n{_REQUEST}"])
