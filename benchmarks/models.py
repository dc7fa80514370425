"""Step models: what they cost, and what they solve.

    python -m benchmarks.models train     # LSTM, GPT-2, ... on small blocks tasks, beam 8 on larger
    python -m benchmarks.models trie      # scoring 16 legal steps against one forward pass
    python -m benchmarks.models loop      # the share of a search's time that its model takes
    python -m benchmarks.models batch     # milliseconds a state by batch size
    python -m benchmarks.models sketch    # beams led by sketches of a VAE against one beam

Every figure is in CPU seconds of one thread. What is absent (the wheel of SmolLM2) is said.
"""

from __future__ import annotations

import argparse
import sys

__all__ = ["main"]


def main() -> int:
    """Print one section's table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sections = parser.add_subparsers(dest="section", required=True)
    fitted = sections.add_parser("train")
    fitted.add_argument("--kinds", default="lstm,gpt2", help="comma-separated")
    fitted.add_argument("--seconds", type=float, default=120, help="CPU seconds of fitting each")
    fitted.add_argument("--vectors", default="", help="as `planner train --vectors`")
    fitted.add_argument("--seed", type=int, default=0)
    sections.add_parser("trie")
    sections.add_parser("loop")
    sections.add_parser("batch")
    sketched = sections.add_parser("sketch")
    sketched.add_argument("--steps", type=int, default=800, help="of fitting the VAE")
    sketched.add_argument("--priors", default="uniform,frequency,lstm", help="comma-separated")
    sketched.add_argument("--lstm", type=float, default=15, help="CPU seconds of fitting the LSTM")
    arguments = parser.parse_args()
    if arguments.section == "train":
        from benchmarks.models_train import print_training

        kinds = arguments.kinds.split(",")
        print_training(kinds, arguments.seconds, arguments.seed, arguments.vectors)
    elif arguments.section == "trie":
        from benchmarks.models_trie import print_trie

        print_trie()
    elif arguments.section == "sketch":
        from benchmarks.models_sketch import print_sketches

        print_sketches(arguments.steps, arguments.lstm, arguments.priors.split(","))
    else:
        from benchmarks.models_loop import print_batches, print_loop

        (print_loop if arguments.section == "loop" else print_batches)()
    return 0


if __name__ == "__main__":
    sys.exit(main())
