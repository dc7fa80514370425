"""JSON Schema of rule bases and tasks, for completion and hover in editors.

pydantic describes the shape of the files here and nowhere else; the reader itself gives better
messages than a schema can. The models are built inside the functions so that importing this module
does not import pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: str) -> dict[str, object]:
    """The schema of ``rules`` or of ``task`` files."""
    rules, task = _models()
    model = {"rules": rules, "task": task}[kind]
    return {"$schema": _DIALECT, **model.model_json_schema()}


def _models() -> tuple[type[BaseModel], type[BaseModel]]:
    from pydantic import BaseModel, ConfigDict, Field

    Texts = str | list[str]
    Objects = dict[str, Texts | None] | list[str | dict[str, Texts]] | None

    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")

    class PredicateProperties(Strict):
        meaning: Annotated[str, Field(description="a sentence with {0}, {1} for the arguments")] = (
            ""
        )
        symmetric: Annotated[bool, Field(description="holds both ways round")] = False
        functional: Annotated[
            bool, Field(description="the last argument is determined by the others")
        ] = False
        equivalence: Annotated[bool, Field(description="reflexive, symmetric and transitive")] = (
            False
        )
        assumable: Annotated[bool, Field(description="may be assumed in an explanation")] = False
        keep: Annotated[
            Literal["min", "max"] | None,
            Field(description="of facts that differ in the last argument, one stays"),
        ] = None
        foreign: Annotated[
            int | None,
            Field(description="a function is given so many arguments, finds others"),
        ] = None

    Predicates = dict[str, str | PredicateProperties | None] | list[str] | None

    class Rule(Strict):
        name: str = ""
        condition: Annotated[Texts | None, Field(alias="if", description="what must hold")] = None
        head: Annotated[Texts, Field(alias="then", description="what holds then")]

    class Action(Strict):
        name: str | None = None
        parameters: Annotated[Texts | None, Field(description="as in `?x - block`")] = None
        condition: Annotated[Texts | None, Field(alias="if", description="precondition")] = None
        effects: Annotated[Texts | None, Field(alias="then", description="effects")]
        creates: Annotated[Texts | None, Field(description="objects the action makes")] = None
        cost: Annotated[str | float, Field(description="number, arithmetic or a function")] = 1
        text: Annotated[str, Field(description="a sentence with {x} for ?x")] = ""

    class Judge(Strict):
        model: Annotated[str, Field(description="folder of a saved judge")] = ""
        inputs: Annotated[str, Field(description="CSV: an object and its numbers a row")] = ""
        classes: Annotated[tuple[str | int | float, ...], Field(description="outputs")] = ()

    class ControlRule(Strict):
        name: str = ""
        goal: Annotated[str | None, Field(alias="for", description="the goal pursued")] = None
        condition: Annotated[Texts | None, Field(alias="if", description="when it applies")] = None
        do: Texts | None = None
        prefer: str | None = None
        forbid: str | None = None
        rank: int = 0
        run: Literal["all", "first"] = "all"

    class Shared(Strict):
        schema_version: Annotated[int, Field(description="of this format; now 1")] = 1
        types: Annotated[
            dict[str, str | None] | list[str] | None, Field(description="each type and its parent")
        ] = None
        predicates: Annotated[Predicates, Field(description="signature: meaning")] = None
        constants: Annotated[Objects, Field(description="objects of every task")] = None
        facts: Annotated[Texts | None, Field(description="true in every task")] = None
        judge: Annotated[dict[str, Judge] | None, Field(description="predicate: its model")] = None
        actions: dict[str, Action | None] | list[Action] | None = None
        control: list[ControlRule] | None = None
        order: Annotated[Texts | None, Field(description="`p(?x) after q(?x)`")] = None

    class RuleBase(Shared):
        """A rule base of planner."""

        rulebase: Annotated[str | None, Field(description="its name")] = None
        rules: list[Rule] | None = None

    class Task(Shared):
        """A task of planner."""

        task: Annotated[str | None, Field(description="its name")] = None
        rules: Annotated[
            str | RuleBase | list[str | Rule] | None,
            Field(description="a path, a list of paths and rules, or a rule base"),
        ] = None
        objects: Annotated[Objects, Field(description="type: names")] = None
        init: Annotated[Texts | None, Field(description="true at the start")] = None
        goal: Annotated[Texts, Field(description="what to reach, or a query")]
        minimize: Literal["cost", "length"] | None = None
        given: Annotated[Texts | None, Field(description="evidence")] = None

    namespace = {"Texts": Texts, "Objects": Objects, "Predicates": Predicates, "Rule": Rule,
                 "Action": Action, "ControlRule": ControlRule, "Judge": Judge,
                 "RuleBase": RuleBase}  # fmt: skip
    for model in (Rule, Action, Judge, ControlRule, RuleBase, Task):
        model.model_rebuild(_types_namespace=namespace)
    return RuleBase, Task
