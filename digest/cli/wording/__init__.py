"""How what happened is told: outcomes, doubts, what did not fit, whom a command would reach."""
