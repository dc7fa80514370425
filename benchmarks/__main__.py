"""``make bench``: every benchmark in turn, each as a process of its own."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    ("benchmarks.start", ()),
    ("benchmarks.tiny", ()),
    ("benchmarks.rules", ()),
    ("benchmarks.updates", ()),
    ("benchmarks.manners", ()),
    ("benchmarks.mutations", ("--count", "500")),
    ("benchmarks.blocks", ()),
    ("benchmarks.planning", ("--limit", "10", "--set", "peers")),
)


def main() -> int:
    """Run them; 0 when all ended well."""
    failed = 0
    for module, arguments in BENCHMARKS:
        print(f"== {module} {' '.join(arguments)}", flush=True)
        failed += subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
