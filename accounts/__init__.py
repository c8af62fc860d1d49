"""Who signs in, and how: users, sign-in, second factor."""
