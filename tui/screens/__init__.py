"""The screens: the workbench with its panes, and those that come over it for a moment."""
