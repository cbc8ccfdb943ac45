"""Distances between rows, and the exact search for the nearest ones."""
