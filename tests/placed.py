"""Control rules for blocks that read a derived predicate, in the form of ``learned.yaml``."""

PLACED = """\
predicates:
  placed(block): "{0} is where it stays"
rules:
  - if: ontable(?x) and not goal on(?x, ?)
    then: placed(?x)
  - if: goal on(?x, ?y) and on(?x, ?y) and placed(?y)
    then: placed(?x)
control:
  - name: build
    if: goal on(?x, ?y) and holding(?x) and clear(?y) and placed(?y)
    prefer: stack(?x, ?y)
  - name: take
    if: goal on(?x, ?y) and ontable(?x) and clear(?x) and clear(?y) and placed(?y)
    prefer: pick-up(?x)
    rank: 1
  - name: lay-down
    if: holding(?x)
    prefer: put-down(?x)
    rank: 2
  - name: clear-away
    if: on(?x, ?y) and clear(?x) and not placed(?x)
    prefer: unstack(?x, ?y)
    rank: 3
"""
