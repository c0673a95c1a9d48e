"""The module browser: who has which versions of a module, and their files; knows no screen."""
