"""What the panes show, as lines: pure functions of the environment, a trace or a version table."""
