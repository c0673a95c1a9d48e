"""modtrace's engine: what the go command does to find and download a module.

Import only downwards: commands → diagnosis → trace → sources → net → demo → golang. Nothing
here knows a screen; this package never imports textual or tui.
"""

__version__ = "0.1.0"
