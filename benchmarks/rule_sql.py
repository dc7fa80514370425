"""The rule sets in SQL: recursive queries where SQL has them, else semi-naive by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["derive_with_sql"]


class Answer(Protocol):
    """What a statement gives back."""

    def fetchone(self) -> tuple[int, ...]:
        """The first row."""
        ...


QUERIES = {
    "tc": """with recursive tc(x, y) as (select c0, c1 from edge
        union select tc.x, e.c1 from tc join edge e on tc.y = e.c0) select count(*) from tc""",
    "sg": """with recursive sg(x, y) as (
        select a.c0, b.c0 from par a join par b on a.c1 = b.c1 where a.c0 <> b.c0
        union select p.c0, q.c0 from sg join par p on p.c1 = sg.x join par q on q.c1 = sg.y)
        select count(*) from sg""",
    "tri": """select count(*) from (select distinct a.c0, a.c1, b.c1 from edge a
        join edge b on a.c1 = b.c0 join edge c on c.c0 = a.c0 and c.c1 = b.c1
        where a.c0 < a.c1 and b.c0 < b.c1)""",
    "c4": """select count(*) from (select distinct a.c0, a.c1, b.c1, c.c1 from edge a
        join edge b on a.c1 = b.c0 join edge c on c.c0 = b.c1
        join edge d on d.c0 = c.c1 and d.c1 = a.c0
        where a.c0 < a.c1 and a.c0 < b.c1 and a.c1 < c.c1)""",
}

TRIPLES = """create or replace table nd as select distinct * from (
    select d.c0, q.c1, d.c2 from d join sub_prop q on q.c0 = d.c1
    union all select d.c0, 'type', q.c1 from d join sub_class q on q.c0 = d.c2 where d.c1 = 'type'
    union all select d.c0, 'type', q.c1 from d join domain q on q.c0 = d.c1
    union all select d.c2, 'type', q.c1 from d join range q on q.c0 = d.c1
    union all select d.c2, q.c1, d.c0 from d join inverse q on q.c0 = d.c1
    union all select d.c0, d.c1, t.c2 from d join transitive q on q.c0 = d.c1
        join t on t.c1 = d.c1 and t.c0 = d.c2
    union all select t.c0, d.c1, d.c2 from d join transitive q on q.c0 = d.c1
        join t on t.c1 = d.c1 and t.c2 = d.c0) x(c0, c1, c2) anti join t using (c0, c1, c2)"""

VARIABLES = """create or replace table nv as select distinct v, o from (
    select a.c0 v, dv.o from dv join assign a on a.c1 = dv.v
    union all select l.c0, h.o from dv join load l on l.c1 = dv.v
        join hpt h on h.h = dv.o and h.f = l.c2
    union all select l.c0, dh.o from dh join load l on l.c2 = dh.f
        join vpt b on b.v = l.c1 and b.o = dh.h) anti join vpt using (v, o)"""

HEAP = """create or replace table nh as select distinct h, f, o from (
    select dv.o h, s.c1 f, w.o from dv join store s on s.c0 = dv.v join vpt w on w.v = s.c2
    union all select b.o h, s.c1 f, dv.o from dv join store s on s.c2 = dv.v
        join vpt b on b.v = s.c0) anti join hpt using (h, f, o)"""


def derive_with_sql(kind: str, execute: Callable[[str], Answer]) -> dict[str, int]:
    """Evaluate a rule set over tables of its facts."""
    if kind == "rdfs":
        return _triples(execute)
    if kind == "and":
        return _points_to(execute)
    return {kind: execute(QUERIES[kind]).fetchone()[0]}


def _triples(execute: Callable[[str], Answer]) -> dict[str, int]:
    execute("create table t as select distinct * from triple; create table d as select * from t")
    execute(TRIPLES)
    while execute("select count(*) from nd").fetchone()[0]:
        execute("insert into t select * from nd; create or replace table d as select * from nd")
        execute(TRIPLES)
    return {"t": execute("select count(*) from t").fetchone()[0]}


def _points_to(execute: Callable[[str], Answer]) -> dict[str, int]:
    execute("create table vpt as select distinct c0 v, c1 o from new")
    execute("create table dv as select * from vpt; create table hpt(h int, f int, o int)")
    execute("create table dh as select * from hpt")
    while True:
        execute(VARIABLES)
        execute(HEAP)
        sizes = execute("select (select count(*) from nv), (select count(*) from nh)").fetchone()
        if not any(sizes):
            break
        execute("insert into vpt select * from nv; insert into hpt select * from nh")
        execute("create or replace table dv as select * from nv")
        execute("create or replace table dh as select * from nh")
    return {n: execute(f"select count(*) from {n}").fetchone()[0] for n in ("vpt", "hpt")}
