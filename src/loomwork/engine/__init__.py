"""Runs a graph; knows no model, no database and no node type."""
