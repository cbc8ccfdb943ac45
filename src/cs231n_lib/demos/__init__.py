"""Live widgets: for each a pure function from a state to a figure, and a thin shell of controls."""
