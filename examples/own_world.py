"""A world of your own, searched by the planner: pour water until four litres are measured."""

import planner

Jugs = tuple[int, ...]
Pouring = tuple[str, int]
SIZES = (5, 3)


def steps(state: Jugs) -> list[Pouring]:
    return (
        [("fill", i) for i in (0, 1)]
        + [("empty", i) for i in (0, 1)]
        + [("pour", i) for i in (0, 1)]
    )


def apply(state: Jugs, step: Pouring) -> Jugs:
    (name, i), jugs = step, list(state)
    if name == "pour":
        poured = min(jugs[i], SIZES[1 - i] - jugs[1 - i])
        jugs[i], jugs[1 - i] = jugs[i] - poured, jugs[1 - i] + poured
    else:
        jugs[i] = SIZES[i] if name == "fill" else 0
    return tuple(jugs)


world = planner.World((0, 0), steps, apply, is_goal=lambda state: 4 in state)
guide = planner.FunctionGuide(value=lambda state: min(abs(4 - jug) for jug in state))
outcome = planner.Gbfs().run(world, guide, planner.Meter(planner.Limits(time_s=10)))
print(outcome.status.value, [world.move(step) for step in outcome.steps or ()])
