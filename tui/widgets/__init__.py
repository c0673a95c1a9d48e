"""The widgets: one a file. Children post messages up, parents set state down."""
