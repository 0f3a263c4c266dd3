"""The door for province systems: GraphQL at /graphql, and GraphiQL for those who explore it."""
