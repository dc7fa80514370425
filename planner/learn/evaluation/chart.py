"""A bar chart of the ablations as SVG: shares solved with their intervals, two bars a guide."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.learn.evaluation.ablation import Ablation, Bounds
    from planner.learn.evaluation.intervals import Interval

__all__ = ["ablation_chart"]

_LEFT, _WIDTH, _BAR, _ROW, _TOP = 170, 420, 12, 36, 50
_COLOURS = ("#5b8db8", "#f6ae2d")


def ablation_chart(rows: Sequence[Ablation], bounds: Bounds, title: str) -> str:
    """The chart as one SVG document that works offline."""
    bottom = _TOP + _ROW * len(rows) + 4
    height = bottom + 44
    legend = (f"at {bounds.expansions:,} expansions", f"at {bounds.cpu_s:g} CPU seconds")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 60}" '
        f'height="{height}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="10" y="18" font-size="14">{escape(title)}</text>',
    ]
    for number, (colour, text) in enumerate(zip(_COLOURS, legend, strict=True)):
        x = _LEFT + number * 190
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 15}" y="37">{escape(text)}</text>')
    # Before the bars, so that these hide it.
    for percent in range(0, 101, 25):
        x = round(_x(percent / 100))
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{bottom}" stroke="#ccc"/>'
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{percent} %</text>'
        )
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 18}" text-anchor="end">{escape(row.guide)}</text>'
        )
        parts += _bar(y + 2, row.at_expansions, _COLOURS[0])
        parts += _bar(y + 4 + _BAR, row.at_cpu_s, _COLOURS[1])
    parts.append(
        f'<text x="{_LEFT}" y="{height - 8}" fill="#555">black lines: 95 % intervals, '
        f"{rows[0].tasks if rows else 0} tasks</text>"
    )
    return "\n".join([*parts, "</svg>", ""])


def _bar(y: int, share: Interval, colour: str) -> list[str]:
    """A bar, its share, and a line with ends from the low to the high bound of its interval."""
    middle, low, high = y + _BAR / 2, _x(share.low), _x(share.high)
    ends = "".join(f"M{x:.1f} {y + 2}V{y + _BAR - 2}" for x in (low, high))
    return [
        f'<rect x="{_LEFT}" y="{y}" width="{_WIDTH * share.value:.1f}" height="{_BAR}" '
        f'fill="{colour}"/>',
        f'<path d="M{low:.1f} {middle}H{high:.1f}{ends}" stroke="black" stroke-width="1.5"/>',
        f'<text x="{_LEFT + _WIDTH + 8}" y="{y + _BAR - 2}">{100 * share.value:.0f} %</text>',
    ]


def _x(share: float) -> float:
    return _LEFT + _WIDTH * share
