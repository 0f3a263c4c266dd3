"""Mutations: what partner systems may write."""
