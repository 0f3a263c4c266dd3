"""The GraphQL schema of the API, whole and as a subgraph."""
