"""The OpenID Connect provider at which staff may sign in."""
