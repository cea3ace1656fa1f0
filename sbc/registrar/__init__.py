"""Phones: who they are, where they are, and how they are reached."""
