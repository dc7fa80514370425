"""From rules to guidance: task generation, labels, training, evaluation."""
